//! The preset services by the policy that they do not have: the same steps, and the modules driven the other way.

use super::{Records, pair::encode};
use cardwire_codec::{List, Message, Name, message::*};
use cardwire_core::env::Record;

/// `card.identify` by the policy `per-step`.
pub const IDENTIFY_PER_STEP: ServiceId = ServiceId(0xF011);
/// `subscriber.read` by the policy `whole-service`.
pub const SUBSCRIBER_WHOLE: ServiceId = ServiceId(0xF012);

const IDENTIFY: &[u8] = include_bytes!("../../../../vectors/logic/card.identify.bin");
const SUBSCRIBER: &[u8] = include_bytes!("../../../../vectors/logic/subscriber.read.bin");

/// Opcode of `done`.
const DONE: u8 = 0x18;
/// Size of the instruction `end` with an outcome.
const END: usize = 3;

/// Stores the variants as an update would have stored them.
pub fn store(records: &Records) {
    // Each part is done when the module is not used any more: the card before the last pattern, the indicator behind it.
    let mut code = Logic::decode(IDENTIFY).unwrap().code.to_vec();
    let end = code.len() - END;
    let show = end - 2;
    code.splice(end..end, [DONE, ModuleId::INDICATOR.0]);
    code.splice(show..show, [DONE, ModuleId::CONTACT_CARD.0]);
    put(records, 0, IDENTIFY, IDENTIFY_PER_STEP, Policy::PerStep, &code);
    let code = Logic::decode(SUBSCRIBER).unwrap().code.to_vec();
    put(
        records,
        1,
        SUBSCRIBER,
        SUBSCRIBER_WHOLE,
        Policy::WholeService,
        &code,
    );
}

fn put(records: &Records, slot: u8, preset: &[u8], service: ServiceId, policy: Policy, code: &[u8]) {
    let logic = Logic::decode(preset).unwrap();
    let modules: Vec<ModuleId> = logic.modules.iter().collect();
    let name = format!("variant.of-{:04x}", logic.service.0);
    let document = encode(&Logic {
        service,
        name: Name::from_text(&name),
        version: 1,
        policy,
        on_client_loss: logic.on_client_loss,
        modules: List::from_items(&modules),
        parameters: logic.parameters,
        budget: logic.budget + 2,
        code,
        extensions: Default::default(),
    });
    let stored = [&1_u32.to_be_bytes()[..], &document].concat();
    records.borrow_mut().insert(Record::Logic(slot), stored);
}
