//! What is made once, by whoever asks first, and is there for ever. Nobody waits for it. Modelled in
//! `models::of_recording`.

use core::ptr;

use crate::sync::{AtomicBool, AtomicPtr, Ordering, constant};

/// `value` is null until it is made; `begun` says that somebody set out to make it, and never changes back.
pub(crate) struct Once<T: 'static> {
    begun: AtomicBool,
    value: AtomicPtr<T>,
}

impl<T: Sync> Once<T> {
    constant! {
        pub(crate) fn new() -> Self {
            Self {
                begun: AtomicBool::new(false),
                value: AtomicPtr::new(ptr::null_mut()),
            }
        }
    }

    /// The value; `None` until it is made, and for ever if it could not be.
    pub(crate) fn get(&self) -> Option<&'static T> {
        // Acquire pairs with the Release in `make`: who sees the value sees what is in it.
        let value = self.value.load(Ordering::Acquire);
        // SAFETY: null, or what `make` was given for ever.
        unsafe { value.as_ref() }
    }

    /// Makes the value, unless somebody was first: then `None`. What `make` calls may ask for the value.
    pub(crate) fn make(&self, make: impl FnOnce() -> Option<&'static T>) -> Option<&'static T> {
        if self.begun.swap(true, Ordering::Relaxed) {
            return None;
        }
        let value = make()?;
        // Release pairs with the Acquire in `get`.
        self.value
            .store(ptr::from_ref(value).cast_mut(), Ordering::Release);
        Some(value)
    }
}
