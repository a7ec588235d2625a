// How the program's allocator behaves: jemalloc reads this symbol before main begins. It is the
// program's alone, not the rooms': tests, sanitizers and whoever uses the library keep their own.
//
// What a peak took goes back to the system within seconds, by a thread of jemalloc's own, so that
// no shard stops for it; glibc keeps it, and giving it back by hand stops everybody (ADR 0021).

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): jemalloc gives name and type.
extern "C" const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:2000,muzzy_decay_ms:0";
