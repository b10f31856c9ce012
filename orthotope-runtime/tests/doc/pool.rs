// Two allocators as the attribute would generate them, for the documentation's examples.

#[derive(Clone, Copy)]
pub struct Pool;

// SAFETY: `BINS` is this thread's and has one bin per class; `RUNTIME` is the only one.
unsafe impl orthotope_runtime::global::Generated for Pool {
    const CONFIG: orthotope_runtime::Config = orthotope_runtime::Config::general();

    fn runtime() -> &'static orthotope_runtime::global::Runtime {
        static RUNTIME: orthotope_runtime::global::Runtime =
            orthotope_runtime::global::Runtime::new();
        &RUNTIME
    }

    fn locals() -> core::ptr::NonNull<orthotope_runtime::Locals> {
        std::thread_local!(static BINS: orthotope_runtime::LocalBins<88> =
            const { orthotope_runtime::LocalBins::new() });
        BINS.with(orthotope_runtime::LocalBins::locals)
    }
}

#[derive(Clone, Copy)]
pub struct CPool;

// SAFETY: as above.
unsafe impl orthotope_runtime::global::Generated for CPool {
    const CONFIG: orthotope_runtime::Config = orthotope_runtime::Config::general()
        .with_align(16)
        .with_classes(&[16, 64, 128, 1_024])
        .with_c_api();

    fn runtime() -> &'static orthotope_runtime::global::Runtime {
        static RUNTIME: orthotope_runtime::global::Runtime =
            orthotope_runtime::global::Runtime::new();
        &RUNTIME
    }

    fn locals() -> core::ptr::NonNull<orthotope_runtime::Locals> {
        std::thread_local!(static BINS: orthotope_runtime::LocalBins<4> =
            const { orthotope_runtime::LocalBins::new() });
        BINS.with(orthotope_runtime::LocalBins::locals)
    }
}
