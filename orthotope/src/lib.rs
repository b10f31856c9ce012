//! Orthotope.
use core::ptr::NonNull;
pub use orthotope_runtime::{
    AllocError, Allocator, AllocatorConfig, AllocatorStats, ClassStats, Config, Exhausted,
    FreeError, InitError, SizeClass, SizeClassStats, Stats, ThreadCache, ThreadCacheStats,
};

/// What generated code names. No promise is made about it.
#[doc(hidden)]
pub mod __private {
    pub use orthotope_runtime::global::{
        Generated, Runtime, alloc, alloc_zeroed, allocate, dealloc, deallocate,
        deallocate_with_size, realloc, stats, usable_size,
    };
    pub use orthotope_runtime::{
        AllocError, Config, Exhausted, FreeError, LocalBins, Locals, Stats,
    };
}
use __private as p;
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrthotopeGlobalAlloc;
impl OrthotopeGlobalAlloc {
    pub const fn new() -> Self {
        Self
    }
}
unsafe impl p::Generated for OrthotopeGlobalAlloc {
    const CONFIG: Config = Config::tensor();
    #[inline(always)]
    fn runtime() -> &'static p::Runtime {
        static R: p::Runtime = p::Runtime::new();
        &R
    }
    #[inline(always)]
    fn locals() -> NonNull<p::Locals> {
        std::thread_local! { static B: p::LocalBins<12> = const { p::LocalBins::new() }; }
        B.with(p::LocalBins::locals)
    }
}
unsafe impl core::alloc::GlobalAlloc for OrthotopeGlobalAlloc {
    #[inline]
    unsafe fn alloc(&self, l: core::alloc::Layout) -> *mut u8 {
        unsafe { p::alloc::<Self>(l) }
    }
    #[inline]
    unsafe fn dealloc(&self, b: *mut u8, l: core::alloc::Layout) {
        unsafe { p::dealloc::<Self>(b, l) }
    }
    #[inline]
    unsafe fn alloc_zeroed(&self, l: core::alloc::Layout) -> *mut u8 {
        unsafe { p::alloc_zeroed::<Self>(l) }
    }
    #[inline]
    unsafe fn realloc(&self, b: *mut u8, l: core::alloc::Layout, n: usize) -> *mut u8 {
        unsafe { p::realloc::<Self>(b, l, n) }
    }
}
pub fn allocate(size: usize) -> Result<NonNull<u8>, AllocError> {
    p::allocate::<OrthotopeGlobalAlloc>(size)
}
pub unsafe fn deallocate(ptr: NonNull<u8>) -> Result<(), FreeError> {
    unsafe { p::deallocate::<OrthotopeGlobalAlloc>(ptr) }
}
pub unsafe fn deallocate_with_size(ptr: NonNull<u8>, size: usize) -> Result<(), FreeError> {
    unsafe { p::deallocate_with_size::<OrthotopeGlobalAlloc>(ptr, size) }
}
pub fn global_stats() -> Result<AllocatorStats, &'static InitError> {
    orthotope_runtime::global::allocator_stats::<OrthotopeGlobalAlloc>()
}
