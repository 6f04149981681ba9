//! Seeds of the target: each word at each step, each state at each login, and what operators do in between.

mod operators;

use super::{
    acts::{Act, Class, Half, OLDER, States},
    words::{CODES, Offset, Word},
};
use crate::Seed;
use cardwire_codec::message::UpdateState;

/// Seeds of the target.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut all = Vec::new();
    words(&mut all);
    logins(&mut all);
    operators::plans(&mut all);
    operators::steering(&mut all);
    operators::bars(&mut all);
    operators::updates(&mut all);
    all
}

fn seed(all: &mut Vec<Seed>, name: String, acts: &[&[Act]]) {
    all.push(Seed {
        name,
        bytes: Act::write_all(&acts.concat()),
    });
}

const ASKS: Act = Act::Say(0, Word::Nothing);
const ANSWERS: Act = Act::Say(0, Word::Right);
const TAKES: Act = Act::Keep(0, Word::Right);
const COMES: Act = Act::Login(0, Class::Usual, States::Zero);
const COMES_AGAIN: Act = Act::Login(0, Class::Usual, States::Own);
/// Software of three chunks, for all.
const PUBLISHED: Act = Act::Publish(0, 0);

const fn status(state: UpdateState, offset: Offset, code: u8) -> Word {
    Word::Status {
        right: true,
        state,
        offset,
        code,
    }
}

const fn result(state: UpdateState, code: u8) -> Word {
    Word::Result {
        right: true,
        state,
        code,
    }
}

/// Everything that a reader may say, with a name.
fn each_word() -> Vec<(String, Word)> {
    use UpdateState::{Installed, None, Received, Receiving, Trial};
    let named = |name: &str, word| (name.to_owned(), word);
    let mut all = vec![
        named("right", Word::Right),
        named("tries", Word::Tries),
        named("confirms", Word::Confirms),
        named("secrets", Word::Secrets),
        named("garbage", Word::Garbage(1)),
        named("damaged", Word::Damaged(3, 1)),
        named("nothing", Word::Nothing),
    ];
    for state in [None, Receiving, Received, Installed, Trial] {
        let word = |what: &str| format!("{what}-{state:?}").to_lowercase();
        all.push((word("status"), status(state, Offset::Next, 0)));
        all.push((word("result"), result(state, 0)));
    }
    for offset in [
        Offset::Middle,
        Offset::Same,
        Offset::Zero,
        Offset::Last,
        Offset::Size,
        Offset::Most,
        Offset::At(500),
    ] {
        let name = format!("offset-{offset:?}").to_lowercase();
        all.push((name, status(Receiving, offset, 0)));
    }
    for code in 1..CODES.len() as u8 {
        all.push((format!("status-code-{code}"), status(None, Offset::Zero, code)));
        all.push((format!("result-code-{code}"), result(None, code)));
        all.push((format!("refuses-{code}"), Word::Refuses(code)));
    }
    all.push(named(
        "status-of-another",
        Word::Status {
            right: false,
            state: Receiving,
            offset: Offset::Next,
            code: 0,
        },
    ));
    all.push(named(
        "result-of-another",
        Word::Result {
            right: false,
            state: Installed,
            code: 0,
        },
    ));
    all
}

/// Each word at each step: once, and again until there is no more; then the next login.
fn words(all: &mut Vec<Seed>) {
    let tried = [Act::Keep(0, Word::Tries), COMES_AGAIN];
    let steps: [(&str, Vec<Act>); 5] = [
        ("offer", vec![ASKS]),
        ("chunk", vec![ASKS, ANSWERS]),
        ("second-chunk", vec![ASKS, ANSWERS, ANSWERS]),
        ("commit", vec![ASKS, ANSWERS, ANSWERS, ANSWERS, ANSWERS]),
        ("tried", [&[ASKS][..], &tried, &[ASKS]].concat()),
    ];
    for (step, before) in steps {
        for (name, word) in each_word() {
            let after = [
                Act::Say(0, word),
                Act::Say(0, word),
                TAKES,
                COMES_AGAIN,
                ASKS,
                TAKES,
            ];
            seed(
                all,
                format!("{step}-{name}"),
                &[&[COMES, PUBLISHED], &before, &after],
            );
        }
    }
    for (name, word) in each_word() {
        let acts = [
            COMES,
            PUBLISHED,
            Act::Publish(3, 0),
            ASKS,
            Act::Keep(0, word),
            COMES_AGAIN,
        ];
        seed(
            all,
            format!("keeps-{name}"),
            &[&acts, &[ASKS, Act::Keep(0, word)]],
        );
        seed(
            all,
            format!("unasked-{name}"),
            &[&[COMES, Act::Say(0, word), PUBLISHED], &[ASKS, TAKES]],
        );
    }
    // As often as it is offered, while another reader holds the campaign open.
    let other = [Act::Login(1, Class::Usual, States::Zero)];
    let fails = [ASKS, Act::Say(0, Word::Refuses(1)), COMES_AGAIN];
    let ends = [ASKS, TAKES];
    seed(
        all,
        "fails-always".into(),
        &[&other, &[COMES, PUBLISHED], &fails, &fails, &fails, &ends],
    );
    seed(
        all,
        "fails-alone".into(),
        &[&[COMES, PUBLISHED], &fails, &fails, &fails, &ends],
    );
    let at = |at| Act::Say(0, status(UpdateState::Receiving, Offset::At(at), 0));
    let acts = [
        COMES,
        Act::Publish(3, 0),
        ASKS,
        at(15_990),
        ANSWERS,
        ANSWERS,
        ANSWERS,
        TAKES,
    ];
    seed(all, "over-a-row".into(), &[&acts]);
}

/// Each state of a delivery before a login, and each thing that the login may tell.
fn logins(all: &mut Vec<Seed>) {
    let befores: [(&str, Vec<Act>); 7] = [
        ("pending", vec![]),
        ("delivering", vec![ASKS, ANSWERS]),
        ("trial", vec![ASKS, Act::Keep(0, Word::Tries)]),
        ("failed", vec![ASKS, Act::Say(0, Word::Refuses(1))]),
        ("refused", vec![ASKS, Act::Say(0, Word::Refuses(5))]),
        ("installed", vec![ASKS, TAKES]),
        ("withdrawn", vec![Act::Login(0, Class::Usual, States::Above(0))]),
    ];
    for (before, acts) in befores {
        for update in [0, 5, 6] {
            for (index, states) in [
                States::Own,
                States::Zero,
                States::Of(0),
                States::Above(0),
                States::Below(0),
                States::First(0),
                States::These([1, 9, 9]),
            ]
            .into_iter()
            .enumerate()
            {
                for class in [Class::Usual, Class::Other] {
                    let name = format!("login-{before}-{update}-{index}-{class:?}").to_lowercase();
                    let after = [Act::Login(0, class, states), ASKS, TAKES, COMES, ASKS, TAKES];
                    seed(all, name, &[&[COMES, Act::Publish(update, 0)], &acts, &after]);
                }
            }
        }
    }
    // A word on its way on the channel before, when the login has told another thing.
    let older = |word| {
        [
            Act::Say(OLDER, word),
            Act::Say(OLDER, word),
            Act::Keep(OLDER, Word::Right),
        ]
    };
    for (index, states) in [States::Own, States::Of(0), States::Above(0)]
        .into_iter()
        .enumerate()
    {
        for (step, answers) in [("chunk", 1), ("commit", 4)] {
            let before = vec![ANSWERS; answers];
            for (name, word) in [
                ("right", Word::Right),
                ("tries", Word::Tries),
                ("refuses", Word::Refuses(5)),
                ("fails", Word::Refuses(1)),
            ] {
                let login = [Act::Login(0, Class::Usual, states)];
                let acts: [&[Act]; 5] = [
                    &[COMES, PUBLISHED, ASKS],
                    &before,
                    &login,
                    &older(word),
                    &[ASKS, TAKES],
                ];
                seed(all, format!("older-{step}-{index}-{name}"), &acts);
            }
        }
    }
    // Whom an update fits that has not been there, before and behind its publication.
    for update in [0, 5, 6] {
        let all_states = [
            States::Of(0),
            States::Above(0),
            States::Below(0),
            States::First(0),
        ];
        for (index, states) in all_states.into_iter().enumerate() {
            let (login, published) = (Act::Login(0, Class::Usual, states), Act::Publish(update, 0));
            let another = Act::Publish(update + 1, 0);
            seed(
                all,
                format!("fits-{update}-{index}"),
                &[&[published, login, ASKS, TAKES]],
            );
            let acts = [
                published,
                another,
                login,
                Act::Login(1, Class::Usual, states),
                ASKS,
                TAKES,
            ];
            seed(all, format!("fits-both-{update}-{index}"), &[&acts]);
        }
    }
    for half in [
        Half::Unconfirmed,
        Half::Altered,
        Half::OtherClient,
        Half::Late,
        Half::OtherKey,
    ] {
        let name = format!("login-{half:?}").to_lowercase();
        let acts = [
            COMES,
            PUBLISHED,
            ASKS,
            ANSWERS,
            Act::Half(0, half),
            ANSWERS,
            TAKES,
        ];
        seed(all, name, &[&acts]);
    }
}
