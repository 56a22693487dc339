/// The AVX-VNNI rung as CPUs without AVX-512 run it, against the oracle: with the instruction's VEX encoding, which is
/// emulated where the CPU lacks it. With the EVEX encoding, `kernels_rungs_test` runs it on CPUs with AVX-512 VNNI.

#include <gtest/gtest.h>

#if defined(__x86_64__)

#include <cstdint>
#include <vector>

#include "support/avx_vnni_emulator.hpp"
#include "support/convolutions.hpp"

namespace dlpu {
namespace {

using kernels::avx_vnni::Encoding;

/// The rung, whatever the CPU is.
template <class, class Storage, class R>
struct Rung : kernels::Conv2dRung<isa::avx_vnni, Storage, R> {
  using Weaker = kernels::Conv2dRung<isa::avx_vnni, Storage, R>;
  static void run(const WindowGeometry& g, const typename Weaker::Arguments& arguments, const std::byte* packed,
                  const Storage* input, Storage* output, std::byte* scratch) {
    Weaker::template run_by<kernels::avx_vnni::Conv2dProduct<Encoding::vex>>(g, arguments, packed, input, output,
                                                                             scratch);
  }
};

template <class Storage, class Policy>
using Conv2d = Conv2dBy<Rung, Storage, Policy>;

template <class Policy>
class AvxVnni : public testing::Test {
 protected:
  void SetUp() override {
    if (isa::detail::hardware_rung() < 2) GTEST_SKIP() << "needs a CPU with AVX2";
  }

 private:
  AvxVnniEmulator emulator_;
};
using Policies = testing::Types<
    BasicPerChannel<0, rounding::Reference, std::int8_t>, BasicPerChannel<0, rounding::Single, std::int8_t>,
    BasicPerChannel<0, rounding::Float, std::int8_t>, BasicPerTensor<rounding::Reference, std::uint8_t>,
    BasicPerTensor<rounding::Float, std::uint8_t>, BasicPerTensor<rounding::Shift, std::int8_t>>;
TYPED_TEST_SUITE(AvxVnni, Policies);

TYPED_TEST(AvxVnni, Conv2dEqualsTheOracle) {
  using Storage = typename TypeParam::Storage;
  Random random(1);
  const std::size_t before = AvxVnniEmulator::emulated();
  for (int i = 0; i < 100 && !this->HasFailure(); ++i) {
    const WindowGeometry g = Dense::geometry(random);
    SCOPED_TRACE(describe(g));
    const QuantizedCase<Dense, Storage, TypeParam> example(g, random);
    EXPECT_EQ((example.template output<Conv2d<Storage, TypeParam>>()), example.expected());
  }
  EXPECT_EQ(AvxVnniEmulator::emulated() > before, !isa::has_avx_vnni());
}

/// Every number of places that is left over, and channels on both sides of what is computed together.
TYPED_TEST(AvxVnni, PointwiseOfEveryWidthEqualsTheOracle) {
  using Storage = typename TypeParam::Storage;
  Random random(2);
  for (int places = 1; places <= 13; ++places) {
    const WindowGeometry g = window_geometry({1, 1, places, random.among({3, 4, 16, 33})},
                                             random.among({1, 8, 15, 16, 17, 40}), 1, 1, 1, Padding::valid);
    SCOPED_TRACE(describe(g));
    const QuantizedCase<Dense, Storage, TypeParam> example(g, random);
    EXPECT_EQ((example.template output<Conv2d<Storage, TypeParam>>()), example.expected());
  }
}

}  // namespace
}  // namespace dlpu

#endif
