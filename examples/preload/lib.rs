//! Orthotope as the `malloc` of any program, which need not be built anew:
//!
//! ```sh
//! cargo build --release --package orthotope-preload
//! LD_PRELOAD="$PWD/target/release/liborthotope_preload.so" python3 -c 'print("hello")'
//! ```

#[orthotope::allocator(preset = "general", c_api = true)]
static MALLOC: Malloc;
