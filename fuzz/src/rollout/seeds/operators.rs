//! Seeds of what operators do: plans, steering, readers that are let in or not, several updates.

use super::{ANSWERS, ASKS, COMES, COMES_AGAIN, PUBLISHED, TAKES, seed};
use crate::{
    Seed,
    rollout::{
        acts::{Act, Bar, Class, States},
        fleet::{PLANS, READERS, UPDATES},
        words::Word,
    },
};
use cardwire_peers::cloud::CampaignCommand;

/// All readers, as they are made.
fn fleet(of: impl Fn(u8) -> Act) -> Vec<Act> {
    (0..READERS as u8).map(of).collect()
}

fn all_come() -> Vec<Act> {
    fleet(|reader| Act::Login(reader, Class::Usual, States::Zero))
}

/// Each plan with readers that take it, refuse it, or come late.
pub(super) fn plans(all: &mut Vec<Seed>) {
    let ask = fleet(|reader| Act::Say(reader, Word::Nothing));
    for plan in 0..PLANS {
        let published = [Act::Publish(9, plan), Act::Steer(0, CampaignCommand::Advance)];
        for (name, word) in [
            ("taken", Word::Right),
            ("refused", Word::Refuses(5)),
            ("failed", Word::Refuses(4)),
        ] {
            let say = fleet(|reader| Act::Keep(reader, word));
            let acts: [&[Act]; 6] = [&all_come(), &published, &ask, &say, &ask, &say];
            seed(all, format!("plan-{plan}-{name}"), &acts);
        }
        let take = fleet(|reader| Act::Keep(reader, Word::Right));
        let late: [&[Act]; 4] = [&published[..1], &all_come(), &ask, &take];
        seed(all, format!("plan-{plan}-late"), &late);
        let advance = vec![Act::Steer(0, CampaignCommand::Advance); 4];
        let acts: [&[Act]; 5] = [&published[..1], &all_come(), &advance, &ask, &take];
        seed(all, format!("plan-{plan}-by-hand"), &acts);
        let mixed = [
            Act::Keep(0, Word::Right),
            Act::Keep(1, Word::Refuses(5)),
            Act::Keep(2, Word::Right),
            Act::Keep(3, Word::Refuses(1)),
            Act::Steer(0, CampaignCommand::Resume),
        ];
        seed(
            all,
            format!("plan-{plan}-mixed"),
            &[&all_come(), &published, &ask, &mixed, &ask, &mixed],
        );
    }
}

const COMMANDS: [CampaignCommand; 4] = [
    CampaignCommand::Advance,
    CampaignCommand::Pause,
    CampaignCommand::Resume,
    CampaignCommand::Cancel,
];

/// Each command in each state of a campaign, with a reader in the middle of it.
pub(super) fn steering(all: &mut Vec<Seed>) {
    for (index, command) in COMMANDS.into_iter().enumerate() {
        let then = Act::Steer(0, command);
        let states: [(&str, u8, Vec<Act>); 6] = [
            ("draft", 4, vec![]),
            ("running", 0, vec![ASKS, ANSWERS]),
            (
                "paused",
                0,
                vec![ASKS, ANSWERS, Act::Steer(0, CampaignCommand::Pause)],
            ),
            ("halted", 2, vec![ASKS, Act::Say(0, Word::Refuses(1))]),
            ("done", 0, vec![ASKS, TAKES]),
            (
                "cancelled",
                0,
                vec![ASKS, ANSWERS, Act::Steer(0, CampaignCommand::Cancel)],
            ),
        ];
        for (state, plan, before) in states {
            let after = [
                then,
                ANSWERS,
                TAKES,
                Act::Steer(0, CampaignCommand::Resume),
                COMES,
                ASKS,
                TAKES,
            ];
            let acts: [&[Act]; 3] = [&[COMES, Act::Publish(0, plan)], &before, &after];
            seed(all, format!("steer-{state}-{index}"), &acts);
        }
    }
    let acts = [
        Act::Steer(0, CampaignCommand::Pause),
        PUBLISHED,
        Act::Steer(1, CampaignCommand::Pause),
    ];
    seed(all, "steer-none".into(), &[&acts]);
    // Failures that are forgiven are none again.
    let fails = |reader| {
        [
            Act::Say(reader, Word::Nothing),
            Act::Say(reader, Word::Refuses(5)),
        ]
    };
    let resume = [Act::Steer(0, CampaignCommand::Resume)];
    let acts: [&[Act]; 7] = [
        &all_come(),
        &[Act::Publish(0, 3)],
        &fails(0),
        &fails(1),
        &resume,
        &fails(2),
        &fails(3),
    ];
    seed(all, "steer-forgiven".into(), &acts);
}

/// A reader that is let in no more, and again, in the middle of an update.
pub(super) fn bars(all: &mut Vec<Seed>) {
    for bar in [Bar::Revoke, Bar::Deny] {
        for (index, before) in [
            vec![],
            vec![ASKS],
            vec![ASKS, ANSWERS],
            vec![ASKS, Act::Keep(0, Word::Tries)],
            vec![ASKS, TAKES],
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("{bar:?}-{index}").to_lowercase();
            let begin = [
                COMES,
                Act::Login(1, Class::Usual, States::Zero),
                Act::Publish(0, 1),
            ];
            let after = [
                Act::Bar(0, bar),
                ANSWERS,
                COMES_AGAIN,
                ASKS,
                Act::Bar(0, Bar::Admit),
                ANSWERS,
            ];
            let end = [COMES_AGAIN, ASKS, TAKES];
            seed(all, format!("{name}-and-back"), &[&begin, &before, &after, &end]);
            // Let in again before it has noticed.
            let after = [Act::Bar(0, bar), Act::Bar(0, Bar::Admit), ANSWERS, TAKES];
            let again = [
                Act::Bar(0, bar),
                Act::Bar(0, Bar::Deny),
                Act::Bar(0, Bar::Admit),
                ANSWERS,
            ];
            seed(
                all,
                format!("{name}-unnoticed"),
                &[&begin, &before, &after, &end, &again],
            );
        }
        // Who was chosen first makes room for another.
        let chosen = fleet(|reader| Act::Bar(reader, bar));
        let acts: [&[Act]; 4] = [
            &all_come(),
            &[Act::Publish(0, 1)],
            &chosen[..3],
            &[Act::Say(3, Word::Nothing)],
        ];
        seed(all, format!("{bar:?}-room").to_lowercase(), &acts);
    }
    seed(
        all,
        "broken-off".into(),
        &[&[
            COMES,
            PUBLISHED,
            ASKS,
            ANSWERS,
            Act::Break(0),
            COMES_AGAIN,
            ASKS,
            TAKES,
        ]],
    );
}

/// Each update alone, and several of them in several orders.
pub(super) fn updates(all: &mut Vec<Seed>) {
    let count = UPDATES.len() as u8;
    for update in 0..count {
        let classes =
            [Class::Usual, Class::Other].map(|class| [Act::Login(0, class, States::Zero), ASKS, TAKES]);
        let acts: [&[Act]; 3] = [&[Act::Publish(update, 0)], &classes[0], &classes[1]];
        seed(all, format!("update-{update}"), &acts);
        let published: Vec<_> = (0..6)
            .map(|next| Act::Publish((update + 5 * next) % count, 0))
            .collect();
        let acts: [&[Act]; 4] = [
            &[COMES],
            &published,
            &[ASKS, TAKES, COMES_AGAIN, ASKS, TAKES],
            &published[..2],
        ];
        seed(all, format!("updates-from-{update}"), &acts);
    }
    // What is lower comes while something higher is on trial.
    let tried = [
        COMES,
        Act::Publish(1, 0),
        ASKS,
        Act::Keep(0, Word::Tries),
        Act::Publish(9, 0),
    ];
    seed(
        all,
        "lower-behind-a-trial".into(),
        &[&tried, &[COMES_AGAIN, ASKS, TAKES]],
    );
    // An update of two kinds, of which one would shut out another.
    seed(
        all,
        "mixed-kinds".into(),
        &[&[COMES, PUBLISHED, Act::Publish(7, 0), ASKS, TAKES]],
    );
}
