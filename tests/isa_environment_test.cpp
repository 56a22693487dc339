/// `DLPU_ISA` lowers the rung and never raises it. The choice is made once in a process, so each case asks in a child
/// process that has not asked before.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "dlpu/isa/detect.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstddef>
#endif

namespace dlpu {
namespace {

/// `available_rung()` of a new process that has called `prepare()`.
template <class Prepare>
isa::Rung rung_after(const Prepare& prepare) {
  const pid_t child = fork();
  if (child == 0) {
    prepare();
    _exit(static_cast<int>(isa::available_rung()));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return static_cast<isa::Rung>(WEXITSTATUS(status));
}
isa::Rung rung_with(const char* limit) {
  return rung_after([limit] {
    if (limit != nullptr) {
      setenv("DLPU_ISA", limit, 1);
    } else {
      unsetenv("DLPU_ISA");
    }
  });
}

TEST(Environment, ChoosesTheHardwaresBestRungWhereUnset) {
  EXPECT_EQ(rung_with(nullptr), isa::detail::hardware_rung());
  EXPECT_EQ(rung_with(""), isa::detail::hardware_rung());
}

TEST(Environment, LowersTheRung) {
  for (isa::Rung rung = 0; rung <= isa::detail::hardware_rung(); ++rung) {
    EXPECT_EQ(rung_with(std::string(isa::rung_names[rung]).c_str()), rung) << isa::rung_names[rung];
  }
}

TEST(Environment, NeverRaisesTheRung) {
  for (isa::Rung rung = 0; rung < isa::rung_count; ++rung) {
    ASSERT_EQ(setenv("DLPU_ISA", std::string(isa::rung_names[rung]).c_str(), 1), 0);
    for (isa::Rung best = 0; best < isa::rung_count; ++best) {
      EXPECT_EQ(isa::detail::lowered_by_environment(best), rung <= best ? rung : best)
          << isa::rung_names[rung] << " on hardware for " << isa::rung_names[best];
    }
  }
}

TEST(Environment, IgnoresUnknownNames) {
  EXPECT_EQ(rung_with("avx1024"), isa::detail::hardware_rung());
}

#if defined(__x86_64__) && defined(__linux__)
/// A system that refuses tiles, as one without AMX does: here by a filter of system calls that forbids to ask.
TEST(Tiles, RefusedLeaveTheWeakerRung) {
  constexpr isa::Rung without_tiles = isa::rung_count - 2;
  static_assert(isa::rung_names[without_tiles] == isa::avx512_vnni::name);
  const isa::Rung rung = rung_after([] {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter = {4, program};
    unsetenv("DLPU_ISA");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
      _exit(static_cast<int>(isa::rung_count));  // no rung
    }
  });
  EXPECT_EQ(rung, std::min(isa::detail::hardware_rung(), without_tiles));
}
#endif

TEST(ScopedRungLimit, NeverRaisesTheRungAndEnds) {
  const isa::Rung before = isa::best_rung();
  {
    const isa::ScopedRungLimit limit(0);
    EXPECT_EQ(isa::best_rung(), 0u);
  }
  {
    const isa::ScopedRungLimit limit(isa::rung_count - 1);
    EXPECT_LE(isa::best_rung(), isa::available_rung());
  }
  EXPECT_EQ(isa::best_rung(), before);
}

}  // namespace
}  // namespace dlpu
