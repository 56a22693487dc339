/// Multiplications and parameters of the zoo's networks against published figures.

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "dlpu/graph/network.hpp"
#include "dlpu/soc/all.hpp"
#include "dlpu/zoo/mobilenet_v1.hpp"
#include "dlpu/zoo/mobilenet_v2.hpp"
#include "dlpu/zoo/tiny.hpp"

namespace {

using namespace dlpu;

struct Counts {
  std::int64_t macs = 0, depthwise_macs = 0, parameters = 0;
};

template <class Model>
constexpr Counts counts_of = [] {
  const GraphView graph = graph_of<Model>.view();
  Counts counts;
  for (const Node& node : graph.nodes) {
    const std::array types{graph.input_type(node)};
    const std::int64_t macs =
        visit(node.op, [&](const auto& op) { return op.macs(types, graph.output_type(node).shape); });
    counts.macs += macs;
    if (node.op.is<op::DepthwiseConv2d>()) counts.depthwise_macs += macs;
  }
  for (const TensorInfo& tensor : graph.tensors) {
    if (tensor.role == TensorRole::filter || tensor.role == TensorRole::bias) {
      counts.parameters += tensor.type.shape.elements();
    }
  }
  return counts;
}();

template <std::int32_t Width, std::int32_t Input = 224, std::int32_t Classes = 1001>
using V1 = zoo::MobileNetV1<zoo::Options{.width_percent = Width, .input = Input, .classes = Classes}>;
template <std::int32_t Width, std::int32_t Input = 224, std::int32_t Classes = 1001>
using V2 = zoo::MobileNetV2<zoo::Options{.width_percent = Width, .input = Input, .classes = Classes}>;

constexpr double millions(std::int64_t count) {
  return static_cast<double>(count) / 1e6;
}
constexpr bool near(std::int64_t count, double published_millions, double tolerance) {
  const double difference = millions(count) - published_millions;
  return difference <= tolerance && -difference <= tolerance;
}

// MobileNetV2 1.0 224. Counted in the published file mobilenet_v2_1.0_224_quant.tflite: 280.1 M + 20.7 M depthwise.
static_assert(near(counts_of<V2<100>>.macs, 300.8, 0.05));
static_assert(near(counts_of<V2<100>>.depthwise_macs, 20.7, 0.05));
// Other widths and sizes: millions of multiply-accumulates and of parameters in the table of
// github.com/tensorflow/models, research/slim/nets/mobilenet, README.md (MobileNet V2).
static_assert(near(counts_of<V2<140>>.macs, 582, 1) && near(counts_of<V2<140>>.parameters, 6.06, 0.1));
static_assert(near(counts_of<V2<130>>.macs, 509, 1) && near(counts_of<V2<130>>.parameters, 5.34, 0.1));
static_assert(near(counts_of<V2<100>>.macs, 300, 1) && near(counts_of<V2<100>>.parameters, 3.47, 0.05));
static_assert(near(counts_of<V2<75>>.macs, 209, 1) && near(counts_of<V2<75>>.parameters, 2.61, 0.05));
static_assert(near(counts_of<V2<50>>.macs, 97, 1) && near(counts_of<V2<50>>.parameters, 1.95, 0.05));
static_assert(near(counts_of<V2<35>>.macs, 59, 1) && near(counts_of<V2<35>>.parameters, 1.66, 0.05));
static_assert(near(counts_of<V2<100, 192>>.macs, 221, 1) && near(counts_of<V2<100, 96>>.macs, 56, 1));

// MobileNetV1: Howard et al., 2017, tables 6 and 7: 569, 325, 149, 41 M multiply-accumulates at width 1, 0.75, 0.5,
// 0.25; 4.2, 2.6, 1.3, 0.5 M parameters; 418, 290, 186 M at 192, 160, 128 pixels.
static_assert(near(counts_of<V1<100>>.macs, 569, 1) && near(counts_of<V1<100>>.parameters, 4.2, 0.05));
static_assert(near(counts_of<V1<75>>.macs, 325, 1) && near(counts_of<V1<75>>.parameters, 2.6, 0.05));
static_assert(near(counts_of<V1<50>>.macs, 149, 1) && near(counts_of<V1<50>>.parameters, 1.3, 0.05));
static_assert(near(counts_of<V1<25>>.macs, 41, 1) && near(counts_of<V1<25>>.parameters, 0.5, 0.05));
static_assert(near(counts_of<V1<100, 192>>.macs, 418, 1) && near(counts_of<V1<100, 160>>.macs, 290, 1));
static_assert(near(counts_of<V1<100, 128>>.macs, 186, 1));

// MLPerf Tiny's networks (https://github.com/mlcommons/tiny), counted by hand. Keyword spotting: the stem, four separable
// blocks on 25 x 5 x 64, and the classifier.
static_assert(counts_of<zoo::KwsDscnn>.macs == 25 * 5 * 64 * 40 + 4 * (25 * 5 * 64 * 9 + 25 * 5 * 64 * 64) + 64 * 12);
static_assert(counts_of<zoo::KwsDscnn>.parameters == 40 * 64 + 64 + 4 * (9 * 64 + 64 + 64 * 64 + 64) + 64 * 12 + 12);
// ResNet-8: the stem; two convolutions at 32 x 32 x 16; then twice one that halves the image and doubles the channels,
// one that keeps both, and a 1 x 1 shortcut; the classifier.
static_assert(counts_of<zoo::ResNet8>.macs == 1024 * 16 * 27 + 2 * 1024 * 16 * 144 + 256 * 32 * (144 + 288 + 16) +
                                                  64 * 64 * (288 + 576 + 32) + 64 * 10);
// Person detection: MobileNetV1 0.25 at 96 pixels with two classes.
static_assert(near(counts_of<zoo::VwwMobileNetV1>.macs, 7.5, 0.1));
static_assert(counts_of<zoo::VwwMobileNetV1>.macs == (counts_of<V1<25, 96, 2>>.macs));

// Widths round to multiples of 8, never more than a tenth down (TensorFlow models, `_make_divisible`).
static_assert(zoo::scaled(32, 100) == 32 && zoo::scaled(32, 50) == 16 && zoo::scaled(32, 35) == 16);
static_assert(zoo::scaled(24, 75) == 24);  // 18 is nearer to 16, but 16 is more than a tenth below
static_assert(zoo::scaled(24, 140) == 32 && zoo::scaled(16, 35) == 8 && zoo::scaled(8, 10) == 8);
static_assert(zoo::scaled(160, 75) == 120 && zoo::scaled(320, 35) == 112 && zoo::scaled(1280, 140) == 1792);
static_assert(zoo::scaled(20, 100) == 24);  // 2.5 eighths round up

template <class Model>
std::vector<std::int32_t> widths() {
  const GraphView graph = graph_of<Model>.view();
  std::vector<std::int32_t> widths;
  for (const Node& node : graph.nodes) {
    if (!node.op.is<op::Conv2d>()) continue;
    const std::int32_t filters = node.op.as<op::Conv2d>().filters;
    if (widths.empty() || widths.back() != filters) widths.push_back(filters);
  }
  return widths;
}
TEST(Zoo, WidthsFollowTheOptions) {
  EXPECT_EQ((widths<V1<25>>()), (std::vector<std::int32_t>{8, 16, 32, 64, 128, 256}));
  EXPECT_EQ((widths<V1<100>>()), (std::vector<std::int32_t>{32, 64, 128, 256, 512, 1024}));
  const auto half = widths<V2<50>>();
  EXPECT_EQ(half.front(), 16);
  EXPECT_EQ(half.back(), 1280);  // the last convolution is not narrowed
  EXPECT_EQ((widths<V2<140>>().back()), 1792);
}

template <class Model>
void expect_output(const Shape& shape, std::size_t operators) {
  const GraphView graph = graph_of<Model>.view();
  EXPECT_EQ(graph.problem, nullptr);
  ASSERT_EQ(graph.outputs.size(), 1u);
  EXPECT_EQ(graph.tensor(graph.outputs[0]).type.shape, shape);
  EXPECT_EQ(graph.nodes.size(), operators);
}
TEST(Zoo, NetworksHaveTheirOperators) {
  expect_output<V2<100>>({1, 1001}, 36 - 1 + 17 + 10 + 3);  // 36 convolutions of the file, one is the classifier here
  expect_output<V1<100>>({1, 1001}, 27 + 3);
  expect_output<zoo::KwsDscnn>({1, 12}, 9 + 3);
  expect_output<zoo::ResNet8>({1, 10}, 9 + 3 + 3);
  expect_output<zoo::VwwMobileNetV1>({1, 2}, 27 + 3);
  expect_output<V2<35, 96, 2>>({1, 2}, 36 - 1 + 17 + 10 + 3);
}

// Every network is a type on every chip, within half of clang's default budget for a constant (tests/CMakeLists.txt).
template <class Model>
constexpr bool is_a_type_everywhere = Network<Model, soc::Cpu, Unquantized>::arena_bytes > 0 &&
                                      Network<Model, soc::Artpec7, PerChannel, Allow<cpu>>::arena_bytes > 0 &&
                                      Network<Model, soc::Artpec8, PerTensor, Allow<cpu>>::arena_bytes > 0 &&
                                      Network<Model, soc::Artpec9, PerChannel, Allow<cpu>>::arena_bytes > 0 &&
                                      Network<Model, soc::Cv25, PowerOfTwo>::arena_bytes > 0;
static_assert(is_a_type_everywhere<V2<100>> && is_a_type_everywhere<V2<140>> && is_a_type_everywhere<V1<100>>);
static_assert(is_a_type_everywhere<zoo::KwsDscnn> && is_a_type_everywhere<zoo::ResNet8>);
static_assert(is_a_type_everywhere<zoo::VwwMobileNetV1>);

// What chips make of them, as documented: Mean is missing on ARTPEC-8, Softmax on ARTPEC-9.
static_assert(placement<V2<100>, soc::Artpec7, PerChannel>.verdict == NetworkVerdict::runs);
static_assert(placement<V2<100>, soc::Artpec8, PerTensor>.cpu_operators == 1);
static_assert(placement<V2<100>, soc::Artpec9, PerChannel>.cpu_operators == 1);
static_assert(placement<V2<100>, soc::Cv25, PowerOfTwo>.verdict == NetworkVerdict::runs);
static_assert(placement<zoo::KwsDscnn, soc::Artpec8, PerTensor>.verdict == NetworkVerdict::runs);
static_assert(placement<zoo::ResNet8, soc::Artpec8, PerTensor>.verdict == NetworkVerdict::runs);

}  // namespace
