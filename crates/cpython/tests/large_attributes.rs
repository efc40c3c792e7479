//! Large attributes are not written again where they did not change, and always where they did.

mod harness;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use anabranch_compiler::{SourceText, Sources, compile};
use anabranch_cpython::{Application, CPython};
use anabranch_ir::{OperatorId, Program};
use anabranch_kernel::value::state::StateView;
use anabranch_kernel::value::wire::encode;
use anabranch_kernel::{
    EntityId, Operation, StateReader, TransactionContext, TransactionDriver, Transition, Value,
};

const SHELF: OperatorId = OperatorId(0);
const CHANGES: u64 = 36;

/// Committed states in memory.
#[derive(Default)]
struct States(HashMap<EntityId, Arc<[u8]>>);

impl StateReader for States {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        Ok(self.0.get(id).cloned())
    }
}

fn application() -> Arc<Application> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shelf"));
    let mut read = |name: &str| {
        let path = format!("{name}.py");
        let bytes = std::fs::read(root.join(&path)).ok()?;
        Some(SourceText { path, bytes })
    };
    let is_reserved = anabranch_cpython::is_reserved_module;
    let mut sources = Sources { read: &mut read, is_reserved: &is_reserved };
    let program = compile("shelf", &mut sources).program.expect("it compiles");
    Arc::new(Application::import(&root, Arc::new(program)).expect("it loads"))
}

struct Shelf {
    program: Arc<Program>,
    driver: TransactionDriver<CPython>,
    states: States,
}

impl Shelf {
    fn new(application: &Arc<Application>) -> Self {
        let driver = TransactionDriver::new(CPython::new(Arc::clone(application)));
        let program = Arc::clone(application.program());
        let mut shelf = Self { program, driver, states: States::default() };
        let arguments = arguments(vec![Value::Str("a".to_owned())]);
        shelf.execute(&Operation::Create { operator: SHELF, arguments });
        shelf
    }

    fn call(&mut self, method: &str, positional: Vec<Value>) {
        let method = self.program.method_named(SHELF, method).expect("a method");
        let arguments = arguments(positional);
        self.execute(&Operation::Call { target: id(), method, arguments });
    }

    fn execute(&mut self, operation: &Operation) {
        let context = TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] };
        let Transition { reply, writes } =
            self.driver.execute(operation, &context, &mut self.states);
        reply.expect("it succeeds");
        for write in writes {
            self.states.0.insert(write.id, write.state.expect("nothing is deleted"));
        }
    }

    /// As if everything were read from disk again.
    fn restart(&mut self) {
        self.driver.session(|session| session.forget_all());
    }

    fn live_bytes(&mut self) -> usize {
        self.driver.session(|session| session.live_bytes())
    }

    fn state(&self) -> &[u8] {
        &self.states.0[&id()]
    }
}

fn id() -> EntityId {
    EntityId { operator: SHELF, key: encode(&Value::Str("a".to_owned())).into() }
}

fn arguments(positional: Vec<Value>) -> Vec<u8> {
    encode(&Value::Tuple(vec![Value::Tuple(positional), Value::Dict(Vec::new())]))
}

/// Numbers below `end` in a fixed random order (SplitMix64).
fn numbers(seed: u64, end: u64) -> impl Iterator<Item = i64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end).cast_signed()
    })
}

/// What stays live, and so is compared with traces, always has the state of what is read anew for
/// each transaction and written in full.
#[test]
fn a_live_entity_has_the_state_of_one_that_is_written_in_full() {
    harness::python(|_| {
        let application = application();
        for seed in 0..3 {
            let (mut live, mut anew) = (Shelf::new(&application), Shelf::new(&application));
            let mut joined = 0;
            for what in numbers(seed, CHANGES).take(150) {
                live.call("change", vec![Value::Int(what)]);
                anew.call("change", vec![Value::Int(what)]);
                anew.restart();
                assert_eq!(live.state(), anew.state(), "seed {seed}, change {what}");
                let is_joined = matches!(StateView::new(live.state()), Ok(StateView::Joined(_)));
                joined += usize::from(is_joined);
            }
            assert!((1..120).contains(&joined), "both forms occur: {joined}");
        }
    });
}

#[test]
fn a_trace_does_not_outlive_the_state_that_it_agrees_with() {
    harness::python(|_| {
        let application = application();
        let state_after = |between: fn(&mut Shelf)| {
            let mut shelf = Shelf::new(&application);
            shelf.call("increment", Vec::new());
            shelf.call("hide", Vec::new());
            for own in [false, true] {
                between(&mut shelf);
                shelf.call("put_back", vec![Value::Bool(own)]);
            }
            shelf.state().to_vec()
        };
        assert_eq!(state_after(|_| ()), state_after(Shelf::restart));
    });
}

#[test]
fn what_did_not_change_gets_a_trace_that_counts_as_memory() {
    harness::python(|_| {
        let mut shelf = Shelf::new(&application());
        let before = shelf.live_bytes();
        shelf.call("increment", Vec::new());
        let with_trace = shelf.live_bytes();
        assert!(with_trace > before + 1_800 * 8, "{before} {with_trace}");
        // One change more, and it goes.
        shelf.call("change", vec![Value::Int(8)]);
        assert!(shelf.live_bytes() < with_trace);
    });
}
