//! Long work on one text, aside from what else the thread has to do.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Bytes under which work is done where it stands: to step aside takes as long.
const SHORT_BYTES: usize = 64 << 10;

/// Does work whose time grows with this many bytes. The requests that the same thread answers would wait for it, several
/// milliseconds for each megabyte that is sealed, opened or overwritten; so they are handed to another thread first.
pub fn aside<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let many = || Handle::try_current().is_ok_and(|own| own.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes > SHORT_BYTES && many() { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Both threads of this runtime are kept by long work, and a third thing is done all the same.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn other_tasks_go_on_during_long_work() {
        let (tell, told) = std::sync::mpsc::channel();
        let told = std::sync::Arc::new(std::sync::Mutex::new(told));
        let busy: Vec<_> = (0..2)
            .map(|_| {
                let told = std::sync::Arc::clone(&told);
                tokio::spawn(async move {
                    aside(1 << 20, || told.lock().unwrap().recv_timeout(Duration::from_secs(20)).is_ok())
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let other = tokio::spawn(async move {
            let _ = tell.send(());
            let _ = tell.send(());
        });
        for one in busy {
            assert!(one.await.unwrap(), "nothing else was done meanwhile");
        }
        other.await.unwrap();
    }

    #[tokio::test]
    async fn where_there_is_one_thread_the_work_is_done_by_it() {
        assert_eq!(aside(1 << 20, || 7), 7);
    }

    #[test]
    fn without_a_runtime_the_work_is_done_where_it_stands() {
        assert_eq!(aside(1 << 20, || 7), 7);
    }
}
