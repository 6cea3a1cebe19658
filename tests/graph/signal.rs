//! One thread waits for another.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Something that one thread waits for and another one does.
#[derive(Clone, Default)]
pub(crate) struct Signal(Arc<(Mutex<usize>, Condvar)>);

impl Signal {
    pub(crate) fn give(&self) {
        *self.0.0.lock().unwrap() += 1;
        self.0.1.notify_all();
    }

    /// Whether it came; nobody waits for ever.
    pub(crate) fn came(&self) -> bool {
        self.came_times(1)
    }

    /// Whether it came so often.
    pub(crate) fn came_times(&self, times: usize) -> bool {
        // The runtime must not keep anything for the thread that stands still here.
        tokio::task::block_in_place(|| {
            let given = self.0.0.lock().unwrap();
            let longest = Duration::from_secs(60);
            let given = self.0.1.wait_timeout_while(given, longest, |given| *given < times).unwrap().0;
            times <= *given
        })
    }
}
