//! Campaigns over fleets that behave, fail, stay away, come later.

use super::*;
use crate::{
    Identities,
    cloud::{
        CampaignRecord, Counters, Delivery, LoginFacts, Rollout, Share, Update,
        campaign::{ATTEMPTS_MOST, read_stages},
    },
};
use cardwire_codec::message::UpdateKind;
use std::collections::BTreeSet;

const CLASS: HardwareClass = HardwareClass::REFERENCE_HOST;
const NONE: (ErrorCode, u16) = (ErrorCode(0), 0);

/// A reader logs in and says which counter its software has.
fn login(registry: &Registry, reader: &str, software: u32) {
    let facts = LoginFacts {
        reader_id: reader.into(),
        client_id: "C-1".into(),
        hardware_class: CLASS,
        boot_counter: 1,
        software: "s".into(),
        counters: Counters {
            software,
            ..Counters::default()
        },
    };
    registry.login(&facts).unwrap();
}

fn name(number: u32) -> String {
    format!("R-{number}")
}

/// Readers that are registered and have been there once.
fn fleet(readers: u32) -> Registry {
    let registry = Registry::in_memory().unwrap();
    for number in 0..readers {
        registry.add_reader(&name(number), &[7; 32]).unwrap();
        login(&registry, &name(number), 0);
    }
    registry
}

fn publish(registry: &Registry, counter: u32, stages: &str, halt_after: Option<Share>) -> CampaignId {
    let authority = Identities::certification().authority.unwrap();
    let update = Update::software(b"image", counter, CLASS, &authority).unwrap();
    let rollout = Rollout {
        stages: read_stages(stages).unwrap(),
        successes: Share::Percent(90),
        halt_after,
        ..Rollout::default()
    };
    registry.publish_in_stages(&update, &rollout).unwrap()
}

fn show(registry: &Registry, id: CampaignId) -> CampaignRecord {
    registry.campaign(id).unwrap()
}

fn members(registry: &Registry, id: CampaignId) -> BTreeSet<String> {
    let of = |delivery: &Delivery| delivery.reader.clone();
    show(registry, id).deliveries.iter().map(of).collect()
}

fn offered(registry: &Registry, reader: &str) -> Option<CampaignId> {
    registry
        .next_campaign(reader, &[])
        .unwrap()
        .map(|campaign| campaign.id)
}

/// A reader logs in, is offered the campaign, and this becomes of it.
fn take(registry: &Registry, id: CampaignId, reader: &str, state: DeliveryState) {
    assert_eq!(offered(registry, reader), Some(id), "{reader}");
    registry.record(id, reader, state, 0, NONE).unwrap();
}

#[test]
fn a_campaign_for_one_reader_is_for_nobody_else() {
    let registry = fleet(4);
    let authority = Identities::certification().authority.unwrap();
    let update = |counter| Update::software(b"image", counter, CLASS, &authority).unwrap();
    let only = |reader: &str| Rollout {
        only: Some(reader.into()),
        ..Rollout::default()
    };
    let id = registry.publish_in_stages(&update(1), &only("R-2")).unwrap();
    assert_eq!(members(&registry, id), [name(2)].into());
    registry.add_reader("R-9", &[7; 32]).unwrap();
    login(&registry, "R-9", 0);
    assert_eq!(offered(&registry, "R-9"), None);
    take(&registry, id, "R-2", DeliveryState::Installed);
    assert_eq!(show(&registry, id).state, CampaignState::Done);
    assert_eq!(show(&registry, id).rollout.only, Some(name(2)));
    let nobody = registry.publish_in_stages(&update(2), &only("R-8"));
    assert!(matches!(nobody, Err(RegistryError::UnknownReader { reader }) if reader == "R-8"));
}

#[test]
fn stages_open_one_after_the_other_and_hold_those_before_them() {
    let registry = fleet(30);
    let id = publish(&registry, 1, "1,10%,100%", Some(Share::Percent(5)));
    let first = members(&registry, id);
    assert_eq!(first.len(), 1);
    // A login in between changes nothing, and the others are offered nothing.
    for number in 0..30 {
        login(&registry, &name(number), 0);
        assert_eq!(
            offered(&registry, &name(number)).is_some(),
            first.contains(&name(number))
        );
    }
    let first_reader = first.first().unwrap().clone();
    registry
        .record(id, &first_reader, DeliveryState::Installed, 5, NONE)
        .unwrap();
    let second = members(&registry, id);
    assert!(second.len() == 3 && second.is_superset(&first), "{second:?}");
    assert_eq!(show(&registry, id).stage, 1);

    for reader in second.difference(&first) {
        take(&registry, id, reader, DeliveryState::Installed);
    }
    assert_eq!((members(&registry, id).len(), show(&registry, id).stage), (30, 2));
    for reader in members(&registry, id).difference(&second) {
        take(&registry, id, reader, DeliveryState::Installed);
    }
    assert_eq!(show(&registry, id).state, CampaignState::Done);
    assert!(
        registry
            .readers()
            .unwrap()
            .iter()
            .all(|reader| reader.counters.software == 1)
    );
    assert!(registry.verify_audit(None).is_ok());
}

/// Another campaign reaches others first, and each the same ones whenever it is asked.
#[test]
fn the_choice_is_stable_and_another_one_for_each_campaign() {
    let choose = || {
        let registry = fleet(100);
        let first = publish(&registry, 1, "10%,100%", None);
        let second = publish(&registry, 2, "10%,100%", None);
        (members(&registry, first), members(&registry, second))
    };
    let (first, second) = choose();
    assert_eq!((first.len(), second.len()), (10, 10));
    assert_ne!(first, second);
    assert_eq!(choose(), (first, second));
}

#[test]
fn readers_that_come_later_fill_the_stage_that_is_open() {
    let registry = Registry::in_memory().unwrap();
    let id = publish(&registry, 1, "2,50%,100%", None);
    for number in 0..20 {
        registry.add_reader(&name(number), &[7; 32]).unwrap();
        login(&registry, &name(number), 0);
        // Two at first, whoever comes after them; they have not taken it.
        assert_eq!(members(&registry, id).len(), 2.min(number as usize + 1));
    }
    assert_eq!(
        registry.steer(id, CampaignCommand::Advance).unwrap(),
        CampaignState::Running
    );
    assert_eq!(members(&registry, id).len(), 10);
    registry.steer(id, CampaignCommand::Advance).unwrap();
    assert_eq!(members(&registry, id).len(), 20);
    assert!(matches!(
        registry.steer(id, CampaignCommand::Advance),
        Err(RegistryError::LastStage { .. })
    ));
    for number in 0..20 {
        take(&registry, id, &name(number), DeliveryState::Installed);
    }
    assert_eq!(show(&registry, id).state, CampaignState::Done);
    // A reader from the factory has an old counter, and gets it all the same.
    registry.add_reader("R-NEW", &[7; 32]).unwrap();
    login(&registry, "R-NEW", 0);
    assert_eq!(show(&registry, id).state, CampaignState::Running);
    take(&registry, id, "R-NEW", DeliveryState::Installed);
    assert_eq!(show(&registry, id).state, CampaignState::Done);
    // One that has it from elsewhere is nobody's care.
    registry.add_reader("R-LATER", &[7; 32]).unwrap();
    login(&registry, "R-LATER", 1);
    assert_eq!(
        (offered(&registry, "R-LATER"), show(&registry, id).state),
        (None, CampaignState::Done)
    );
}

#[test]
fn too_many_failures_halt_it_until_somebody_resumes() {
    for (bound, tolerated) in [
        (Share::Count(0), 0),
        (Share::Count(2), 2),
        (Share::Percent(10), 2),
    ] {
        let registry = fleet(20);
        let id = publish(&registry, 1, "100%", Some(bound));
        for number in 0..=tolerated {
            assert_eq!(show(&registry, id).state, CampaignState::Running, "{bound}");
            let state = if number % 2 == 0 {
                DeliveryState::Failed
            } else {
                DeliveryState::Refused
            };
            take(&registry, id, &name(number), state);
        }
        assert_eq!(show(&registry, id).state, CampaignState::Halted, "{bound}");
        assert_eq!(offered(&registry, &name(10)), None);

        assert_eq!(
            registry.steer(id, CampaignCommand::Resume).unwrap(),
            CampaignState::Running
        );
        for number in 0..=tolerated {
            assert_eq!(show(&registry, id).state, CampaignState::Running, "{bound}");
            take(&registry, id, &name(10 + number), DeliveryState::Refused);
        }
        assert_eq!(show(&registry, id).state, CampaignState::Halted, "{bound}");
        assert_eq!(
            registry.steer(id, CampaignCommand::Cancel).unwrap(),
            CampaignState::Cancelled
        );
        assert_eq!(offered(&registry, &name(19)), None);
    }
}

/// One that is at it gets no further, and goes on where it was.
#[test]
fn a_pause_holds_for_those_that_are_at_it() {
    let registry = fleet(3);
    let id = publish(&registry, 1, "100%", None);
    assert_eq!(offered(&registry, "R-0"), Some(id));
    assert!(registry.goes_on(id, "R-0").unwrap() && !registry.goes_on(id, "R-1").unwrap());
    registry.steer(id, CampaignCommand::Pause).unwrap();
    assert!(!registry.goes_on(id, "R-0").unwrap());
    assert_eq!(offered(&registry, "R-0"), None);
    // What the reader says to the last message still counts.
    registry
        .record(id, "R-0", DeliveryState::Installed, 5, NONE)
        .unwrap();
    assert_eq!(show(&registry, id).state, CampaignState::Paused);
    assert!(matches!(
        registry.steer(id, CampaignCommand::Pause),
        Err(RegistryError::Steering {
            state: CampaignState::Paused,
            command: CampaignCommand::Pause,
            ..
        })
    ));
    registry.steer(id, CampaignCommand::Resume).unwrap();
    assert_eq!(offered(&registry, "R-1"), Some(id));
    assert!(matches!(
        registry.steer(id + 1, CampaignCommand::Pause),
        Err(RegistryError::UnknownCampaign { .. })
    ));
}

#[test]
fn a_draft_waits_for_its_first_stage() {
    let registry = fleet(4);
    let authority = Identities::certification().authority.unwrap();
    let update = Update::software(b"image", 1, CLASS, &authority).unwrap();
    let rollout = Rollout {
        draft: true,
        stages: vec![Share::Count(1), Share::ALL],
        ..Rollout::default()
    };
    let id = registry.publish_in_stages(&update, &rollout).unwrap();
    login(&registry, "R-0", 0);
    assert_eq!(
        (show(&registry, id).state, members(&registry, id).len()),
        (CampaignState::Draft, 0)
    );
    registry.steer(id, CampaignCommand::Advance).unwrap();
    let record = show(&registry, id);
    assert_eq!(
        (record.state, record.stage, record.deliveries.len()),
        (CampaignState::Running, 0, 1)
    );
    // Its counter is taken, whatever became of it: readers may have it.
    registry.steer(id, CampaignCommand::Cancel).unwrap();
    assert!(matches!(
        registry.publish(&update),
        Err(RegistryError::CounterTaken {
            kind: UpdateKind::SOFTWARE,
            counter: 1
        })
    ));
}

/// A commit whose word was lost, an update that a later one has overtaken, a trial.
#[test]
fn a_login_settles_what_is_under_way() {
    let registry = fleet(3);
    let first = publish(&registry, 5, "100%", None);
    let states = |id| {
        let of = |delivery: &Delivery| delivery.state;
        show(&registry, id).deliveries.iter().map(of).collect::<Vec<_>>()
    };
    for number in 0..3 {
        assert_eq!(offered(&registry, &name(number)), Some(first));
    }
    registry
        .record(first, "R-2", DeliveryState::Trial, 5, NONE)
        .unwrap();
    login(&registry, "R-0", 5);
    login(&registry, "R-1", 6);
    login(&registry, "R-2", 0);
    assert_eq!(
        states(first),
        [
            DeliveryState::Installed,
            DeliveryState::Withdrawn,
            DeliveryState::Trial
        ]
    );
    // On trial it is offered again, so that the reader can say what became of it.
    assert!(registry.next_campaign("R-2", &[]).unwrap().unwrap().on_trial);
    assert_eq!(states(first)[2], DeliveryState::Trial);
    login(&registry, "R-2", 5);
    assert_eq!(states(first)[2], DeliveryState::Installed);
    assert_eq!(show(&registry, first).state, CampaignState::Done);
}

#[test]
fn a_denied_reader_is_chosen_for_no_stage() {
    let registry = fleet(4);
    registry.admit("R-2", false).unwrap();
    let id = publish(&registry, 1, "100%", None);
    let chosen = members(&registry, id);
    assert!(chosen.len() == 3 && !chosen.contains("R-2"), "{chosen:?}");
    registry.admit("R-2", true).unwrap();
    login(&registry, "R-2", 0);
    assert!(members(&registry, id).contains("R-2"));
}

#[test]
fn a_revoked_reader_holds_up_no_stage() {
    let registry = fleet(5);
    let id = publish(&registry, 1, "1,100%", None);
    let chosen = members(&registry, id).first().unwrap().clone();
    assert_eq!(offered(&registry, &chosen), Some(id));
    registry.revoke_reader(&chosen).unwrap();
    assert_eq!(
        (
            offered(&registry, &chosen),
            registry.goes_on(id, &chosen).unwrap()
        ),
        (None, false)
    );
    // Another one has taken its place.
    let record = show(&registry, id);
    let pending: Vec<_> = record
        .deliveries
        .iter()
        .filter(|to| to.state == DeliveryState::Pending)
        .collect();
    assert_eq!((record.stage, pending.len()), (0, 1));
    // A word of it that was on its way brings it back in nothing.
    registry
        .record(id, &chosen, DeliveryState::Installed, 5, NONE)
        .unwrap();
    assert_eq!(show(&registry, id).count(DeliveryState::Withdrawn), 1);

    registry.admit(&chosen, true).unwrap();
    registry.steer(id, CampaignCommand::Advance).unwrap();
    login(&registry, &chosen, 0);
    assert_eq!(offered(&registry, &chosen), Some(id));
    assert_eq!(show(&registry, id).count(DeliveryState::Withdrawn), 0);
}

/// An update that fails is offered again a few times, then the campaign is done without it.
#[test]
fn a_reader_that_always_fails_does_not_keep_a_campaign_open() {
    let registry = fleet(2);
    let id = publish(&registry, 1, "100%", None);
    for _ in 0..ATTEMPTS_MOST {
        take(&registry, id, "R-1", DeliveryState::Failed);
    }
    assert_eq!(
        (offered(&registry, "R-1"), show(&registry, id).state),
        (None, CampaignState::Running)
    );
    take(&registry, id, "R-0", DeliveryState::Installed);
    let record = show(&registry, id);
    assert_eq!(
        (record.state, record.count(DeliveryState::Failed)),
        (CampaignState::Done, 1)
    );
}

/// A reader that was repaired or provisioned anew has lost what it had, and gets it again.
#[test]
fn a_reader_that_lost_an_update_is_offered_it_again() {
    let registry = fleet(2);
    let id = publish(&registry, 1, "100%", None);
    for number in 0..2 {
        take(&registry, id, &name(number), DeliveryState::Installed);
        login(&registry, &name(number), 1);
    }
    assert_eq!(show(&registry, id).state, CampaignState::Done);
    login(&registry, "R-1", 0);
    assert_eq!(show(&registry, id).state, CampaignState::Running);
    assert_eq!(offered(&registry, "R-0"), None);
    take(&registry, id, "R-1", DeliveryState::Installed);
    assert_eq!(show(&registry, id).state, CampaignState::Done);
    // Of an update that was taken back nobody is given what he lost.
    registry.steer(id, CampaignCommand::Cancel).unwrap();
    login(&registry, "R-1", 0);
    assert_eq!(
        (
            offered(&registry, "R-1"),
            show(&registry, id).count(DeliveryState::Installed)
        ),
        (None, 2)
    );
}
