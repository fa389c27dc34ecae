#include "signal_mask.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's own call and set, because a sanitizer would step into the C library's before it is ready.
#define UNCHECKED __attribute__((used, disable_sanitizer_instrumentation))

typedef unsigned long kernel_signals;

static kernel_signals before;

UNCHECKED static void hold(void) {
    kernel_signals held = (1ul << (SIGINT - 1)) | (1ul << (SIGTERM - 1));
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &held, &before, sizeof held);
}

/// An executable's constructors run after those of its libraries.
UNCHECKED __attribute__((constructor)) static void release(void) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, (void *)0, sizeof before);
}

/// The loader calls these before any library's constructor.
UNCHECKED __attribute__((section(".preinit_array"))) static void (*const first)(void) = hold;
