//! What is set up once, by whoever comes first, and is there for ever. Modelled in `models::of_locks`.
//!
//! Invariants: `value` is null until it is set once, for ever; `failure` is written at most once, under the caller's
//! lock, and only while `value` is null: the first failure is what all are told, until a later attempt succeeds. Whatever
//! made it fail may have been lifted by then.

use core::cell::UnsafeCell;
use core::ptr::{self, NonNull};

use crate::sync::{AtomicPtr, Ordering, constant};

pub(crate) struct Started<T: 'static, E: 'static> {
    value: AtomicPtr<T>,
    failure: UnsafeCell<Option<E>>,
}

// SAFETY: `failure` is written under the lock, and read only under it or after it was seen written there.
unsafe impl<T: Sync, E: Send + Sync> Sync for Started<T, E> {}

impl<T, E> Started<T, E> {
    constant! {
        pub(crate) fn new() -> Self {
            Self {
                value: AtomicPtr::new(ptr::null_mut()),
                failure: UnsafeCell::new(None),
            }
        }
    }

    /// The value, if there is one already.
    #[inline]
    pub(crate) fn get(&self) -> Option<&'static T> {
        // Acquire pairs with the Release in `start`: who sees the value sees what is in it.
        let value = NonNull::new(self.value.load(Ordering::Acquire))?;
        // SAFETY: `start` was promised that it lives for ever.
        Some(unsafe { value.as_ref() })
    }

    /// The value, made unless there is one.
    ///
    /// # Safety
    ///
    /// The caller holds the one lock under which this is called. What `make` returns lives for ever.
    pub(crate) unsafe fn start(
        &'static self,
        make: impl FnOnce() -> Result<NonNull<T>, E>,
    ) -> Result<&'static T, &'static E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        match make() {
            Ok(value) => {
                // Release pairs with the Acquire in `get`.
                self.value.store(value.as_ptr(), Ordering::Release);
                // SAFETY: as in `get`.
                Ok(unsafe { value.as_ref() })
            }
            Err(error) => {
                // SAFETY: the lock is held, under which alone it is written.
                if let Some(failure) = unsafe { &*self.failure.get() } {
                    return Err(failure);
                }
                // SAFETY: the lock is held, and nobody has a reference to the `None` that was there. The
                // value is never written again, so this reference may live as long as the static.
                Err(unsafe { &mut *self.failure.get() }.insert(error))
            }
        }
    }
}
