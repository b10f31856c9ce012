//! Threads of the process that do what they are told, one thing at a time, and end when they are left.

use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

/// A thread that does what it is told, until it is told nothing more.
pub(super) struct Worker {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Worker {
    pub(super) fn new() -> Self {
        let (jobs, todo) = channel::<Job>();
        let thread = thread::spawn(move || todo.into_iter().for_each(|job| job()));
        Self { jobs, thread }
    }

    /// Has it done there, and waits.
    pub(super) fn on<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> R {
        let (done, result) = channel();
        let job = move || done.send(job()).expect("somebody waits for it");
        self.jobs.send(Box::new(job)).expect("the thread lives");
        result.recv().expect("the job did not panic")
    }

    pub(super) fn join(self) {
        drop(self.jobs);
        self.thread.join().expect("the thread ends well");
    }
}
