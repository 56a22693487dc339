#pragma once

/// Lets AMX kernels run on CPUs without AMX: a handler of SIGILL that decodes the refused instruction, does its work on
/// software tiles, one set for each thread as the hardware has, and goes on behind it. What it does not know, or what the
/// hardware would refuse as well, stays illegal and ends the program.

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dlpu/isa/detect.hpp"
#include "support/amx_tiles.hpp"

namespace dlpu::amx {

/// The instruction at which a thread stopped; AMX's are VEX.128.0F38.W0 (Intel SDM vol. 2, 2.1 and 2.3).
class Instruction {
 public:
  explicit Instruction(const mcontext_t& context)
      : registers_(context.gregs), code_(reinterpret_cast<const std::uint8_t*>(registers_[REG_RIP])) {
    is_amx_ = code_[0] == 0xC4 && (code_[1] & 0x1F) == 2 && (code_[2] & 0x84) == 0;
    if (is_amx_ && has_memory()) decode_address();
  }

  /// Does what the instruction does; false where it is none, or illegal.
  bool execute(Tiles& tiles) const {
    if (!is_amx_) return false;
    enum Prefix { none, x66, xF3, xF2 };
    const int opcode = code_[3], prefix = code_[2] & 3;
    const std::size_t reg = code_[4] >> 3 & 7, rm = code_[4] & 7, third = ~code_[2] >> 3 & 15;
    if (has_memory()) {
      if (opcode == 0x49 && prefix == none && reg == 0) return tiles.configure(address_);
      if (opcode == 0x4B && has_sib() && (prefix == xF2 || prefix == x66)) return tiles.load(reg, address_, stride_);
      if (opcode == 0x4B && has_sib() && prefix == xF3) return tiles.store(reg, address_, stride_);
      return false;
    }
    if (opcode == 0x49 && prefix == none && reg == 0 && rm == 0) return tiles.release(), true;
    if (opcode == 0x49 && prefix == xF2 && rm == 0) return tiles.zero(reg);
    if (opcode == 0x5E && third < 8) {
      return tiles.multiply(reg, rm, prefix == xF2 || prefix == xF3, third, prefix == xF2 || prefix == x66);
    }
    return false;
  }

  [[nodiscard]] greg_t next() const { return registers_[REG_RIP] + length_; }

 private:
  [[nodiscard]] int mode() const { return code_[4] >> 6; }
  [[nodiscard]] bool has_memory() const { return mode() != 3; }
  [[nodiscard]] bool has_sib() const { return has_memory() && (code_[4] & 7) == 4; }

  [[nodiscard]] greg_t general_register(int number) const {
    constexpr int names[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                               REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return registers_[names[number]];
  }
  /// In a tile's memory operand the scaled index is the distance of rows.
  void decode_address() {
    const int base_bit = code_[1] & 0x20 ? 0 : 8, index_bit = code_[1] & 0x40 ? 0 : 8;
    int base = code_[4] & 7;
    if (has_sib()) {
      const int sib = code_[length_++], index = (sib >> 3 & 7) | index_bit;
      base = sib & 7;
      if (index != 4) stride_ = general_register(index) << (sib >> 6);
    }
    const bool without_base = mode() == 0 && base == 5;
    greg_t address = without_base ? 0 : general_register(base | base_bit);
    if (mode() == 1) {
      address += static_cast<std::int8_t>(code_[length_++]);
    } else if (mode() == 2 || without_base) {
      std::int32_t displacement;
      std::memcpy(&displacement, code_ + length_, sizeof displacement);
      length_ += 4;
      address += displacement;
    }
    if (without_base && !has_sib()) address += next();
    address_ = reinterpret_cast<std::uint8_t*>(address);
  }

  const greg_t* registers_;
  const std::uint8_t* code_;
  bool is_amx_;
  int length_ = 5;
  std::uint8_t* address_ = nullptr;
  greg_t stride_ = 0;
};

/// Emulates while it lives, on CPUs that need it.
class Emulator {
 public:
  /// The CPU has AMX and the system grants it: instructions are executed, not emulated.
  [[nodiscard]] static bool is_hardware() { return isa::rung_names[isa::detail::hardware_rung()] == isa::amx::name; }
  /// Instructions emulated so far, by all threads.
  [[nodiscard]] static std::size_t emulated() { return emulated_; }

  Emulator() {
    if (is_hardware()) return;
    struct sigaction action = {};
    action.sa_sigaction = &Emulator::handle;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, &previous_);
  }
  ~Emulator() {
    if (!is_hardware()) sigaction(SIGILL, &previous_, nullptr);
  }
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

 private:
  static void handle(int, siginfo_t*, void* context) {
    mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
    const Instruction instruction(machine);
    if (instruction.execute(tiles_)) {
      machine.gregs[REG_RIP] = instruction.next();
      ++emulated_;
    } else {
      signal(SIGILL, SIG_DFL);  // the instruction comes again
    }
  }

  static inline thread_local constinit Tiles tiles_;
  static inline std::atomic<std::size_t> emulated_ = 0;
  struct sigaction previous_ = {};
};

}  // namespace dlpu::amx
