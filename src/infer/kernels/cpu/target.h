#pragma once
// Regions of a source file whose functions are compiled for an instruction set beyond the baseline.
//
// Standard and project headers are included before a region begins: an inline function of theirs that was
// compiled for AVX could be the copy that the linker keeps for the whole program. That is also why there are
// no flags per file.

#define FERRY_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define FERRY_TARGET_BEGIN(features) \
  FERRY_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define FERRY_TARGET_END FERRY_PRAGMA(clang attribute pop)
#define FERRY_UNROLL FERRY_PRAGMA(clang loop unroll(full))
#else
#define FERRY_TARGET_BEGIN(features) FERRY_PRAGMA(GCC push_options) FERRY_PRAGMA(GCC target(features))
#define FERRY_TARGET_END FERRY_PRAGMA(GCC pop_options)
#define FERRY_UNROLL FERRY_PRAGMA(GCC unroll 32)
#endif

#define FERRY_INLINE [[gnu::always_inline]] inline

// Is every access checked (AddressSanitizer, ThreadSanitizer)?
#if defined(__has_feature)
#define FERRY_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define FERRY_SANITIZED 0
#endif
