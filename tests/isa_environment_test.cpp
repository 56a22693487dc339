/// `DLPU_ISA` lowers the rung and never raises it. The choice is made once in a process, so each case asks in a child
/// process that has not asked before.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "dlpu/isa/detect.hpp"

namespace dlpu {
namespace {

/// `available_rung()` of a new process with this environment.
isa::Rung rung_with(const char* limit) {
  const pid_t child = fork();
  if (child == 0) {
    if (limit != nullptr) {
      setenv("DLPU_ISA", limit, 1);
    } else {
      unsetenv("DLPU_ISA");
    }
    _exit(static_cast<int>(isa::available_rung()));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return static_cast<isa::Rung>(WEXITSTATUS(status));
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
