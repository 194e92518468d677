//go:build cgo

package session

// The C library, from which Pebble takes its block cache, keeps what is freed for every thread apart, each time
// as much as the cache has: 7 MB were seen on two processors. It is told to keep one store for all, which it
// hears only before the first thread begins.

// #include <malloc.h>
//
// __attribute__((constructor)) static void oneArena(void) {
// #ifdef M_ARENA_MAX
// 	mallopt(M_ARENA_MAX, 1);
// #endif
// }
import "C"
