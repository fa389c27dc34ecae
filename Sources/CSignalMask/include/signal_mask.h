#pragma once

/// Holds SIGINT and SIGTERM back while the program's libraries are initialised; nothing to call.
///
/// A library may start threads before `main`, as OpenBLAS does. They would have these signals unblocked, whatever the
/// program does later, and the kernel may choose any such thread to take one: the process would die of the signal by which
/// it is asked to stop cleanly. Threads inherit the mask, so those of libraries never take them.
