#include "infer/kernels/cpu/features.h"

#include <cstdint>

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ferry::kernels::cpu {

namespace {

// Intel's manual, volume 2A, CPUID; volume 1, 13.3 (XCR0).
struct Cpuid {
  uint32_t eax = 0;
  uint32_t ebx = 0;
  uint32_t ecx = 0;
  uint32_t edx = 0;

  // All zero where the processor has no such leaf.
  explicit Cpuid(uint32_t leaf, uint32_t part = 0) { __get_cpuid_count(leaf, part, &eax, &ebx, &ecx, &edx); }
};

constexpr bool bit(uint64_t value, int index) {
  return (value >> index & 1) != 0;
}
constexpr bool all_bits(uint64_t value, uint64_t mask) {
  return (value & mask) == mask;
}

// The register states that the operating system saves: XMM is bit 1, YMM 2, AVX-512's 5 to 7, tiles 17
// and 18.
uint64_t saved_states() {
  if (!bit(Cpuid(1).ecx, 27)) return 0;  // OSXSAVE
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

bool detect_avx2() {
  const Cpuid one(1);
  return all_bits(saved_states(), 0x6) && bit(one.ecx, 12) && bit(one.ecx, 28) && bit(one.ecx, 29) &&
         bit(Cpuid(7).ebx, 5);
}

bool detect_avx512() {
  const uint32_t features = Cpuid(7).ebx;
  return detect_avx2() && all_bits(saved_states(), 0xE6) && bit(features, 16) && bit(features, 17) &&
         bit(features, 30) && bit(features, 31);
}

bool detect_avx512_vnni() {
  return detect_avx512() && bit(Cpuid(7).ecx, 11);
}

bool is_amd() {
  const Cpuid vendor(0);
  return vendor.ebx == signature_AMD_ebx && vendor.ecx == signature_AMD_ecx &&
         vendor.edx == signature_AMD_edx;
}

bool detect_fast_avx512_bf16() {
  return detect_avx512() && is_amd() && bit(Cpuid(7).ecx, 1) && bit(Cpuid(7, 1).eax, 5);
}

// Linux gives a process its tile registers only on request (Documentation/arch/x86/xstate.rst).
bool request_tiles() {
  constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool detect_amx() {
  const uint32_t features = Cpuid(7).edx;
  return detect_avx512() && bit(features, 22) && bit(features, 24) && all_bits(saved_states(), 0x60000) &&
         request_tiles();
}

}  // namespace

bool has_sse2() {
  return true;
}  // part of x86-64

bool has_avx2() {
  static const bool kHas = detect_avx2();
  return kHas;
}

bool has_avx512() {
  static const bool kHas = detect_avx512();
  return kHas;
}

bool has_avx512_vnni() {
  static const bool kHas = detect_avx512_vnni();
  return kHas;
}

bool has_fast_avx512_bf16() {
  static const bool kHas = detect_fast_avx512_bf16();
  return kHas;
}

bool has_amx() {
  static const bool kHas = detect_amx();
  return kHas;
}

}  // namespace ferry::kernels::cpu
