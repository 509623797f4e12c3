//! What a process that holds keys and clear text asks of the operating system.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, set_dumpable_behavior, setrlimit,
};

use super::Failure;

/// Sees to it that a crash writes no memory to a disk: no core file, and no process of the same account may
/// read this one's memory or its environment (`PR_SET_DUMPABLE`, prctl(2)). Both, because a core pattern that
/// begins with a pipe ignores the limit.
///
/// # Errors
/// When the system refuses: then the service does not start.
pub fn leave_no_core() -> Result<(), Failure> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .map_err(|e| Failure(format!("core dumps cannot be switched off: {e}")))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|e| Failure(format!("the memory of this process cannot be closed to others: {e}")))?;
    match dumpable_behavior() {
        Ok(DumpableBehavior::NotDumpable) => Ok(()),
        _ => Err(Failure("the memory of this process is still open to others".into())),
    }
}
