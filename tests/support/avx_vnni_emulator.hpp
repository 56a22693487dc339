#pragma once

/// Lets the AVX-VNNI rung's own code run on CPUs without AVX-VNNI: a handler of SIGILL that does the work of the refused
/// `vpdpbusd` on the registers that the system saved, and goes on behind it. Anything else stays illegal.

#include <cpuid.h>
#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dlpu/isa/detect.hpp"

namespace dlpu {

class AvxVnniEmulator {
 public:
  /// Instructions emulated so far.
  [[nodiscard]] static std::size_t emulated() { return emulated_; }

  AvxVnniEmulator() {
    std::uint32_t a = 0, c = 0, d = 0;
    __cpuid_count(0xD, 2, a, upper_offset_, c, d);  // where XSAVE keeps the upper halves (Intel SDM vol. 1, 13.4)
    if (isa::has_avx_vnni()) return;
    struct sigaction action = {};
    action.sa_sigaction = &AvxVnniEmulator::handle;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, &previous_);
  }
  ~AvxVnniEmulator() {
    if (!isa::has_avx_vnni()) sigaction(SIGILL, &previous_, nullptr);
  }
  AvxVnniEmulator(const AvxVnniEmulator&) = delete;
  AvxVnniEmulator& operator=(const AvxVnniEmulator&) = delete;

 private:
  /// A 256-bit register among those that a signal saved.
  class Register {
   public:
    Register(std::byte* state, std::size_t number)
        : low_(state + 160 + 16 * number), high_(state + upper_offset_ + 16 * number) {}

    template <class T>
    void read(T (&numbers)[32 / sizeof(T)]) const {
      std::memcpy(numbers, low_, 16);
      std::memcpy(numbers + 16 / sizeof(T), high_, 16);
    }
    void write(const std::uint32_t (&numbers)[8]) {
      std::memcpy(low_, numbers, 16);
      std::memcpy(high_, numbers + 4, 16);
    }

   private:
    std::byte *low_, *high_;
  };

  /// VEX.256.66.0F38.W0 50 /r of three registers (Intel SDM vol. 2, 2.3 and VPDPBUSD).
  static bool execute(const std::uint8_t* code, std::byte* state) {
    const bool is_known = code[0] == 0xC4 && (code[1] & 0x1F) == 2 && (code[2] & 0x87) == 0x05 && code[3] == 0x50 &&
                          (code[4] & 0xC0) == 0xC0;
    if (!is_known) return false;
    const std::size_t reg = (code[4] >> 3 & 7u) | (code[1] & 0x80 ? 0u : 8u);
    const std::size_t rm = (code[4] & 7u) | (code[1] & 0x20 ? 0u : 8u), third = ~code[2] >> 3 & 15;
    std::uint32_t sums[8];
    std::uint8_t inputs[32];
    std::int8_t weights[32];
    Register(state, reg).read(sums);
    Register(state, third).read(inputs);
    Register(state, rm).read(weights);
    for (std::size_t i = 0; i < 32; ++i) sums[i / 4] += static_cast<std::uint32_t>(inputs[i] * weights[i]);
    Register(state, reg).write(sums);
    constexpr std::size_t header = 512;  // which parts are there, the upper halves by bit 2
    state[header] |= std::byte{4};
    return true;
  }

  static void handle(int, siginfo_t*, void* context) {
    mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
    if (execute(reinterpret_cast<const std::uint8_t*>(machine.gregs[REG_RIP]),
                reinterpret_cast<std::byte*>(machine.fpregs))) {
      machine.gregs[REG_RIP] += 5;
      ++emulated_;
    } else {
      signal(SIGILL, SIG_DFL);  // the instruction comes again
    }
  }

  static inline std::uint32_t upper_offset_ = 0;
  static inline std::atomic<std::size_t> emulated_ = 0;
  struct sigaction previous_ = {};
};

}  // namespace dlpu
