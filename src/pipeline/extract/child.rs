//! Inside the child: the walls, one question, one answer.

use std::io::{self, Read as _, Write as _};

use urval_documents::Limits;
use urval_sandbox::attempts::Attempt;

use super::{Answer, limits};

/// Said when the walls stand.
pub(super) const READY: &[u8] = b"ready\n";

/// Shuts this process in, reads one document from standard input and answers on standard output.
///
/// # Errors
/// When the walls do not stand, and then nothing was read; or when the parent is gone.
pub fn run() -> io::Result<()> {
    walls()?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    output.write_all(READY)?;
    output.flush()?;
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let most = Limits::APPLICATION;
    let answer = match usize::try_from(u64::from_be_bytes(length)) {
        Ok(length) if length <= most.bytes => {
            let mut bytes = vec![0; length];
            input.read_exact(&mut bytes)?;
            match urval_documents::read_with_person(&bytes, &most) {
                Ok((reading, person)) => Answer::Read(Box::new(reading), person.map(Box::new)),
                Err(refusal) => Answer::Refused(refusal),
            }
        }
        _ => Answer::Refused(urval_documents::Refusal::TooMuch("bytes".into())),
    };
    serde_json::to_writer(&mut output, &answer)?;
    output.flush()
}

/// Shuts this process in and tries what must not succeed.
///
/// # Errors
/// When the walls do not stand.
pub fn attempts() -> io::Result<Vec<Attempt>> {
    walls()?;
    Ok(urval_sandbox::attempts::all())
}

fn walls() -> io::Result<()> {
    let limits = urval_sandbox::Limits { memory: limits::MEMORY, cpu_seconds: limits::CPU_SECONDS };
    urval_sandbox::enter(limits).map_err(io::Error::other)
}
