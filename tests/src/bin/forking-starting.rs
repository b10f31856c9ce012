//! Forks while another thread uses one allocator after another for the first time.

#[cfg(target_os = "linux")]
macro_rules! subjects {
    ($($module:ident)*) => {
        [$({
            mod $module {
                #[orthotope::allocator(preset = "general", arena = "1GiB")]
                pub(crate) static STARTED: Started;
            }
            use $module::{STARTED, Started};
            orthotope_tests::subject!(STARTED: Started)
        }),*]
    };
}

#[cfg(target_os = "linux")]
fn main() {
    orthotope_tests::forking::starting(&subjects! {
        a b c d e f g h i j k l m n o p q r s t u v w x y z
    });
}

#[cfg(not(target_os = "linux"))]
fn main() {}
