//! Sleeping until a word changes, and a number for each thread: what a lock and a bell ask of the system.

#[cfg(all(not(loom), any(target_os = "linux", target_os = "android")))]
mod system {
    use core::time::Duration;

    use crate::sync::AtomicU32;

    #[cold]
    pub(crate) fn new_thread_id() -> u32 {
        // SAFETY: `gettid` has no preconditions. Thread ids are positive and below 2²².
        unsafe { libc::syscall(libc::SYS_gettid) as u32 }
    }

    /// Sleeps until it is woken, or the word is another, or `time` has passed.
    pub(crate) fn sleep_while(word: &AtomicU32, value: u32, time: Option<Duration>) {
        let time = time.map(|time| libc::timespec {
            tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: time.subsec_nanos().into(),
        });
        let timeout = time.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
        // SAFETY: the word outlives the call. A spurious return is harmless: the caller looks again.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                value,
                timeout,
            )
        };
    }

    pub(crate) fn wake_one(word: *const AtomicU32) {
        // SAFETY: the kernel looks only at the address, which need not even be mapped any more.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word,
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                1,
            )
        };
    }
}

#[cfg(all(not(loom), not(any(target_os = "linux", target_os = "android"))))]
mod system {
    //! Without a futex a waiter yields its time slice and looks again.

    use core::time::Duration;

    use crate::sync::AtomicU32;

    /// How long a waiter with a time to wait for sleeps at once.
    const SLICE: Duration = Duration::from_millis(20);

    pub(crate) fn new_thread_id() -> u32 {
        use crate::sync::Ordering;
        static NEXT: AtomicU32 = AtomicU32::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
            & !(super::super::lock_word::SLEEPERS | super::super::lock_word::FORKING)
    }

    pub(crate) fn sleep_while(word: &AtomicU32, value: u32, time: Option<Duration>) {
        use crate::sync::Ordering;
        let Some(mut left) = time else {
            // SAFETY: `sched_yield` has no preconditions.
            unsafe { libc::sched_yield() };
            return;
        };
        while word.load(Ordering::Relaxed) == value && !left.is_zero() {
            let slice = left.min(SLICE);
            std::thread::sleep(slice);
            left -= slice;
        }
    }

    pub(crate) fn wake_one(_: *const AtomicU32) {}
}

#[cfg(loom)]
mod system {
    //! What a model has for a futex: the mutex makes looking at the word and falling asleep one step, as the kernel
    //! does. Who misses its wake-up sleeps for ever, and loom says so. Who sleeps for a time may take a wake-up that
    //! others wait for.

    use core::cell::RefCell;
    use core::time::Duration;

    use loom::sync::{Condvar, Mutex, MutexGuard};

    use crate::sync::{AtomicU32, Ordering};

    /// Most words of a model that anybody sleeps at.
    const WORDS: usize = 4;

    loom::lazy_static! {
        static ref BEDS: (Mutex<Timed>, [Condvar; WORDS]) =
            (Mutex::new(Timed::default()), core::array::from_fn(|_| Condvar::new()));
    }

    /// The words, and how many sleep at each for a time.
    #[derive(Default)]
    struct Timed([(usize, u32); WORDS]);

    impl Timed {
        /// The word's place, which it keeps.
        fn place(&mut self, word: *const AtomicU32) -> usize {
            let word = word.addr();
            let free = |at: usize| at == word || at == 0;
            let place = self.0.iter().position(|&(at, _)| free(at));
            let place = place.expect("a model has four words at most");
            self.0[place].0 = word;
            place
        }
    }

    fn beds() -> MutexGuard<'static, Timed> {
        BEDS.0.lock().expect("no thread panics")
    }

    loom::thread_local! {
        /// A signal handler, which runs once: as the thread was woken, or is about to wake another.
        static HANDLER: RefCell<Option<Box<dyn FnOnce()>>> = RefCell::new(None);
    }

    /// Has `handler` interrupt the calling thread where it has a wake-up in hand.
    pub(crate) fn interrupt_with(handler: impl FnOnce() + 'static) {
        HANDLER.with(|place| *place.borrow_mut() = Some(Box::new(handler)));
    }

    fn interrupt() {
        let handler = HANDLER.with(|place| place.borrow_mut().take());
        if let Some(handler) = handler {
            handler();
        }
    }

    pub(crate) fn new_thread_id() -> u32 {
        use super::super::lock_word::{FORKING, SLEEPERS};
        // Not a part of any model.
        static NEXT: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed) & !(SLEEPERS | FORKING)
    }

    pub(crate) fn sleep_while(word: &AtomicU32, value: u32, time: Option<Duration>) {
        let mut timed = beds();
        if word.load(Ordering::Relaxed) != value {
            return;
        }
        let place = timed.place(word);
        if time.is_none() {
            drop(BEDS.1[place].wait(timed));
            interrupt();
            return;
        }
        timed.0[place].1 += 1;
        drop(timed);
        loom::thread::yield_now();
        // The time has passed, unless it was woken.
        let asleep = &mut beds().0[place].1;
        *asleep = asleep.saturating_sub(1);
    }

    pub(crate) fn wake_one(word: *const AtomicU32) {
        interrupt();
        let mut timed = beds();
        let place = timed.place(word);
        let asleep = &mut timed.0[place].1;
        if *asleep > 0 {
            *asleep -= 1;
        } else {
            BEDS.1[place].notify_one();
        }
    }
}

#[cfg(loom)]
pub(crate) use system::interrupt_with;
pub(super) use system::{new_thread_id, sleep_while, wake_one};
