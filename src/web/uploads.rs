//! How much of what is being handed in lies in memory at once.
//!
//! A request with files is read whole before anything of it is stored, so that a cut upload leaves nothing. Whoever
//! opens connections enough would take the memory of the whole service that way; so each such request has room set
//! aside before its first byte is read, for all that it says it will be. It keeps the room until it is answered. Further
//! ones wait, unread, and are then asked to come back. What is no longer than any other form needs no room: whoever
//! pastes text never waits for those who hand in files.
//!
//! A request that is sent slower than anybody sends files is cut off, because it holds room all the while.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use super::{BODY_BYTES_MAX, UPLOAD_BYTES_MAX};

/// Bytes of all requests with files that are taken at once.
pub const ROOM_BYTES: usize = 200 << 20;
/// How long a request waits for room.
pub const WAIT: Duration = Duration::from_secs(20);
/// The pace below which a request is cut off: a quarter of a megabit a second, which the slowest networks have.
const BYTES_A_SECOND_MIN: usize = 32 << 10;
/// Time that a request has beside what its length takes.
const GRACE: Duration = Duration::from_secs(30);
/// Room is counted in these.
const UNIT_BYTES: usize = 1 << 10;

/// The room for requests with files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Uploads {
    room: Arc<Semaphore>,
    wait: Duration,
}

/// Room that is set aside for one request, until this is dropped.
#[derive(Debug)]
pub struct Room(
    #[expect(dead_code, reason = "held, and given back when it is dropped")] Option<OwnedSemaphorePermit>,
);

impl Default for Uploads {
    fn default() -> Self {
        Self::waiting(WAIT)
    }
}

impl Uploads {
    /// All of the room, and how long a request waits for its share.
    #[must_use]
    pub fn waiting(wait: Duration) -> Self {
        Self { room: Arc::new(Semaphore::new(ROOM_BYTES / UNIT_BYTES)), wait }
    }

    /// Sets room aside for a request of this length; for one that does not say it, as much as it may have.
    ///
    /// # Errors
    /// When there is none in time. Nothing of the request was read.
    pub async fn room_for(&self, length: Option<usize>) -> Result<Room, Problem> {
        let length = length.unwrap_or(UPLOAD_BYTES_MAX).min(UPLOAD_BYTES_MAX);
        if length <= BODY_BYTES_MAX {
            return Ok(Room(None));
        }
        let units = u32::try_from(length.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let share = Arc::clone(&self.room).acquire_many_owned(units);
        match tokio::time::timeout(self.wait, share).await {
            Ok(Ok(share)) => Ok(Room(Some(share))),
            Ok(Err(_)) | Err(_) => Err(Problem::no_room()),
        }
    }
}

/// How long a request of this length may take to come in.
#[must_use]
pub fn time_for(length: Option<usize>) -> Duration {
    let length = length.unwrap_or(UPLOAD_BYTES_MAX).min(UPLOAD_BYTES_MAX);
    GRACE + Duration::from_secs((length / BYTES_A_SECOND_MIN) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_is_given_out_once_and_comes_back() {
        let uploads = Uploads::waiting(Duration::from_millis(5));
        let mut held = Vec::new();
        while let Ok(room) = uploads.room_for(Some(UPLOAD_BYTES_MAX)).await {
            held.push(room);
        }
        assert_eq!(held.len(), ROOM_BYTES / UPLOAD_BYTES_MAX);
        // One that does not say how long it is may be as long as any; one that says too much gets no further.
        assert!(uploads.room_for(None).await.is_err());
        assert!(uploads.room_for(Some(usize::MAX)).await.is_err());
        assert!(uploads.room_for(Some(BODY_BYTES_MAX)).await.is_ok());
        held.pop();
        let (one, other) = (uploads.room_for(Some(UPLOAD_BYTES_MAX)).await, uploads.room_for(None).await);
        assert!(one.is_ok() && other.is_err());
    }

    #[test]
    fn the_time_is_that_of_a_slow_network() {
        assert_eq!(time_for(Some(0)), GRACE);
        assert_eq!(time_for(Some(10 << 20)), GRACE + Duration::from_secs(320));
        assert_eq!(time_for(None), time_for(Some(usize::MAX)));
    }
}
