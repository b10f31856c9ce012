//! A way into the middle of the slow path: a system call that it makes raises a signal, whose handler runs.
//!
//! The runtime commits its arena by `mprotect`, 2 MiB and more at a time. A filter of the kernel's turns such a call
//! into a signal, on this thread alone; the handler does what the test wants, makes the call itself with a mark that
//! lets it pass, and returns its result. So re-entry happens at the same place each time.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::mem;
use core::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A fourth argument, which `mprotect` does not have.
const PASS: u32 = 0x6f72_7468;
const LEAST: u32 = 2 << 20;

type Body = Box<dyn FnOnce() + Send>;

static BODY: Mutex<Option<Body>> = Mutex::new(None);
static TRAPS: AtomicUsize = AtomicUsize::new(0);

std::thread_local! {
    /// Whether this thread has its filter.
    static FILTERED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body` inside the next commit of this thread, which must come while `outer` runs. In a process of its own:
/// the filter stays.
pub(crate) fn inside_the_next_commit(body: impl FnOnce() + Send + 'static, outer: impl FnOnce()) {
    let traps = TRAPS.load(Ordering::Relaxed);
    if traps == 0 {
        // What libc's own heap commits is no business of the filter's: large blocks never come from it.
        // SAFETY: the call has no preconditions.
        let status = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 128 << 10) };
        assert_eq!(status, 1);
        install_handler();
    }
    FILTERED.with(|filtered| {
        if !filtered.replace(true) {
            install_filter();
        }
    });
    *BODY.lock().expect("nobody panics with it") = Some(Box::new(body));
    outer();
    assert!(
        TRAPS.load(Ordering::Relaxed) > traps,
        "the slow path committed nothing"
    );
    assert!(BODY.lock().expect("nobody panics with it").is_none());
}

extern "C" fn on_trap(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    TRAPS.fetch_add(1, Ordering::Relaxed);
    let body = BODY.lock().expect("nobody panics with it").take();
    if let Some(body) = body {
        body();
    }
    // SAFETY: the kernel hands a handler with `SA_SIGINFO` the interrupted context, for itself alone.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let registers = &mut context.uc_mcontext.gregs;
    let argument = |register: c_int| registers[register as usize];
    let (start, bytes, rights) = (
        argument(libc::REG_RDI),
        argument(libc::REG_RSI),
        argument(libc::REG_RDX),
    );
    // SAFETY: the call that the filter stopped, of the caller that vouched for it.
    let status = unsafe { libc::syscall(libc::SYS_mprotect, start, bytes, rights, PASS) };
    assert_eq!(status, 0, "the system commits what was reserved");
    registers[libc::REG_RAX as usize] = 0;
}

fn install_handler() {
    // SAFETY: all zero is a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_trap;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: the handler has the signature that `SA_SIGINFO` asks for.
    let status = unsafe { libc::sigaction(libc::SIGSYS, &raw const action, ptr::null_mut()) };
    assert_eq!(status, 0);
}

/// Loads a word of the call's description at `offset`.
fn load(offset: u32) -> libc::sock_filter {
    step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset)
}

/// Compares what was loaded, and skips so many steps if it holds or not.
fn skip(test: u32, value: u32, yes: u8, no: u8) -> libc::sock_filter {
    step(libc::BPF_JMP | test | libc::BPF_K, yes, no, value)
}

fn step(code: u32, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    let code = code as u16;
    libc::sock_filter { code, jt, jf, k }
}

fn install_filter() {
    const NUMBER: u32 = 0;
    const ARGUMENTS: u32 = 16;
    let give = libc::BPF_RET | libc::BPF_K;
    let mut program = [
        load(NUMBER),
        skip(libc::BPF_JEQ, libc::SYS_mprotect as u32, 0, 4),
        load(ARGUMENTS + 8),
        skip(libc::BPF_JGE, LEAST, 0, 2),
        load(ARGUMENTS + 3 * 8),
        skip(libc::BPF_JEQ, PASS, 0, 1),
        step(give, 0, 0, libc::SECCOMP_RET_ALLOW),
        step(give, 0, 0, libc::SECCOMP_RET_TRAP),
    ];
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: the option takes numbers alone.
    let status = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(status, 0);
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: the program is valid and outlives the call.
    let status = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const filter) };
    assert_eq!(status, 0, "{}", std::io::Error::last_os_error());
}
