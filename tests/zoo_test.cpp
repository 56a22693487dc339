/// Operators, multiplications and parameters of the zoo's networks against published figures; options and their limits.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "dlpu/graph/network.hpp"
#include "dlpu/soc/all.hpp"
#include "dlpu/zoo/parse.hpp"

namespace zoo_test {
namespace {

using namespace dlpu;

/// What a network is made of. Bytes as if every number took one; tail: everything behind the point where maps become
/// lists of boxes, but for the detection itself.
struct Counts {
  std::size_t operators = 0;
  int convolutions = 0, depthwise = 0;
  std::int64_t macs = 0, depthwise_macs = 0, weights = 0, biases = 0, body_bytes = 0, tail_bytes = 0, io_bytes = 0;

  [[nodiscard]] std::int64_t parameters() const { return weights + biases; }
};

/// Whether each tensor is a list of boxes, or comes from one: from a Reshape of a map that is used before the end.
std::vector<bool> lists_of_boxes(const GraphView& graph) {
  std::vector<bool> listed(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    bool any = node.op.is<op::Reshape>() && graph.input_type(node).shape.rank == 4 && graph.nodes.size() > 100;
    for (const std::int32_t input : graph.inputs_of(node)) any = any || listed[static_cast<std::size_t>(input)];
    for (const std::int32_t output : graph.outputs_of(node)) listed[static_cast<std::size_t>(output)] = any;
  }
  return listed;
}

Counts count(const GraphView& graph) {
  Counts counts;
  counts.operators = graph.nodes.size();
  const std::vector<bool> listed = lists_of_boxes(graph);
  for (const Node& node : graph.nodes) {
    const std::array types{graph.input_type(node)};
    const std::int64_t macs =
        visit(node.op, [&](const auto& op) { return op.macs(types, graph.output_type(node).shape); });
    if (node.op.is<op::DepthwiseConv2d>()) {
      ++counts.depthwise;
      counts.depthwise_macs += macs;
    } else {
      counts.convolutions += node.op.is<op::Conv2d>() ? 1 : 0;
      counts.macs += macs;
    }
    std::int64_t elements = 0;
    for (const std::int32_t input : graph.inputs_of(node)) {
      const TensorRole role = graph.tensor(input).role;
      if (role == TensorRole::input || role == TensorRole::activation) {
        elements += graph.tensor(input).type.shape.elements();
      }
    }
    for (const std::int32_t output : graph.outputs_of(node)) elements += graph.tensor(output).type.shape.elements();
    const bool in_tail = listed[static_cast<std::size_t>(graph.outputs_of(node)[0])];
    if (!node.op.is<op::DetectionPostProcess>()) (in_tail ? counts.tail_bytes : counts.body_bytes) += elements;
  }
  for (const TensorInfo& tensor : graph.tensors) {
    if (tensor.role == TensorRole::filter) counts.weights += tensor.type.shape.elements();
    if (tensor.role == TensorRole::bias) counts.biases += tensor.type.shape.elements();
  }
  for (const std::int32_t input : graph.inputs) counts.io_bytes += graph.tensor(input).type.shape.elements();
  for (const std::int32_t output : graph.outputs) counts.io_bytes += graph.tensor(output).type.shape.elements();
  return counts;
}

Graph graph_named(const std::string& text) {
  const Result<zoo::Selection> selection = zoo::parse(text);
  EXPECT_TRUE(selection) << selection.error();
  return selection ? selection->build() : Graph{};
}
Counts counts_of(const std::string& text) {
  const Graph graph = graph_named(text);
  EXPECT_EQ(graph.problem, nullptr) << text << ": " << (graph.problem ? graph.problem->sentence : "");
  return count(graph.view());
}

constexpr double millions(std::int64_t count) {
  return static_cast<double>(count) * 1e-6;
}

/// A published figure: millions of multiply-accumulates and parameters, and how far the source rounds them.
struct PublishedRow {
  const char* network;
  double macs, macs_rounding, parameters, parameters_rounding;
  const char* source;

  friend std::ostream& operator<<(std::ostream& stream, const PublishedRow& row) { return stream << row.network; }
};

constexpr const char* mobilenet_v1_paper = "Howard et al. 2017, arxiv.org/abs/1704.04861, tables 6 and 7";
constexpr const char* mobilenet_readme = "github.com/tensorflow/models, research/slim/nets/mobilenet/README.md";
constexpr const char* torchvision =
    "pytorch.org/vision/stable/models.html, less one number per batch-normalized channel";
constexpr const char* efficientnet = "github.com/d-li14/efficientnet-lite.pytorch, README.md";
constexpr const char* yolov5 = "github.com/ultralytics/yolov5, README.md and models/*.yaml; half of the FLOPs";

constexpr PublishedRow published_rows[] = {
    {"mobilenet_v1", 569, 1, 4.2, 0.05, mobilenet_v1_paper},
    {"mobilenet_v1?width_percent=75", 325, 1, 2.6, 0.05, mobilenet_v1_paper},
    {"mobilenet_v1?width_percent=50", 149, 1, 1.3, 0.05, mobilenet_v1_paper},
    {"mobilenet_v1?width_percent=25", 41, 1, 0.5, 0.05, mobilenet_v1_paper},
    {"mobilenet_v1?input=192", 418, 1, 4.2, 0.05, mobilenet_v1_paper},
    {"mobilenet_v1?input=160", 290, 1, 4.2, 0.05, mobilenet_v1_paper},
    {"mobilenet_v1?input=128", 186, 1, 4.2, 0.05, mobilenet_v1_paper},
    {"mobilenet_v2", 300, 1, 3.47, 0.05, mobilenet_readme},
    {"mobilenet_v2?width_percent=140", 582, 1, 6.06, 0.1, mobilenet_readme},
    {"mobilenet_v2?width_percent=130", 509, 1, 5.34, 0.1, mobilenet_readme},
    {"mobilenet_v2?width_percent=75", 209, 1, 2.61, 0.05, mobilenet_readme},
    {"mobilenet_v2?width_percent=50", 97, 1, 1.95, 0.05, mobilenet_readme},
    {"mobilenet_v2?width_percent=35", 59, 1, 1.66, 0.05, mobilenet_readme},
    {"mobilenet_v2?input=192", 221, 1, 3.47, 0.05, mobilenet_readme},
    {"mobilenet_v2?input=96", 56, 1, 3.47, 0.05, mobilenet_readme},
    {"mobilenet_v3_large", 217, 1, 5.4, 0.1, mobilenet_readme},
    {"mobilenet_v3_large?width_percent=75", 155, 1, 4.0, 0.05, mobilenet_readme},
    // The README says 66 and 2.9 million, the paper 56 and 2.5, which the layer table gives.
    {"mobilenet_v3_small", 56, 0.6, 2.5, 0.05, "Howard et al. 2019, arxiv.org/abs/1905.02244, table 3"},
    {"mobilenet_v3_edgetpu", 990, 1, 4.0, 0.1, mobilenet_readme},
    {"mobilenet_v3_edgetpu?width_percent=75", 624, 1, 2.9, 0.1, mobilenet_readme},
    {"resnet18", 1814, 1, 11.689512 - 0.004800, 1e-6, torchvision},
    {"resnet34", 3664, 1, 21.797672 - 0.008512, 1e-6, torchvision},
    {"resnet50", 4089, 1, 25.557032 - 0.026560, 1e-6, torchvision},
    {"efficientnet_lite0", 385, 1, 4.652, 0.03, efficientnet},
    {"efficientnet_lite1", 600, 1, 5.417, 0.03, efficientnet},
    {"efficientnet_lite2", 860, 1, 6.092, 0.03, efficientnet},
    {"efficientnet_lite3", 1383, 1, 8.197, 0.04, efficientnet},
    {"efficientnet_lite4", 2553, 1, 13.007, 0.06, efficientnet},
    {"yolov5n", 4500 / 2.0, 25, 1.867405, 1e-3, yolov5},
    {"yolov5s", 16400 / 2.0, 25, 7.225885, 1e-3, yolov5},
    {"yolov5m", 48900 / 2.0, 25, 21.172173, 1e-3, yolov5},
    {"deeplab_v3_mobilenet_v2", 2750, 15, 2.11, 0.02, "Sandler et al. 2018, arxiv.org/abs/1801.04381, table 7"},
    {"ssdlite_mobilenet_v2?input=320,classes=80", 800, 50, 4.3, 0.1, "the same, table 6"},
    {"ssdlite_mobiledet", 1530, 5, 4.2, 0.1,
     "github.com/tensorflow/models, research/object_detection/g3doc/tf1_detection_zoo.md"},
    // MLPerf Tiny's files, by hand from their shapes.
    {"kws_dscnn", 2.656768, 1e-6, 0.022604, 1e-6, "github.com/mlcommons/tiny, kws_ref_model"},
    {"resnet8", 12.501632, 1e-6, 0.077706, 1e-6, "github.com/mlcommons/tiny, pretrainedResnet"},
    {"vww_mobilenet_v1", 7.5, 0.1, 0.21, 0.01, "github.com/mlcommons/tiny, vww_96"},
};

class Published : public testing::TestWithParam<PublishedRow> {};
TEST_P(Published, MacsAndParameters) {
  const PublishedRow& row = GetParam();
  const Counts counts = counts_of(row.network);
  EXPECT_NEAR(millions(counts.macs + counts.depthwise_macs), row.macs, row.macs_rounding) << row.source;
  EXPECT_NEAR(millions(counts.parameters()), row.parameters, row.parameters_rounding) << row.source;
}
INSTANTIATE_TEST_SUITE_P(Zoo, Published, testing::ValuesIn(published_rows));

/// The networks that cameras' latencies were published for, as they are in the files or, where those are not public,
/// counted from their definitions: operators, layers, millions of multiplications, megabytes.
struct CameraRow {
  const char* network;
  std::size_t operators;
  int convolutions, depthwise;
  double macs, depthwise_macs, weights, body, tail, io;

  friend std::ostream& operator<<(std::ostream& stream, const CameraRow& row) { return stream << row.network; }
};
constexpr CameraRow camera_rows[] = {
    {"mobilenet_v2", 66, 36, 17, 280, 20.7, 3.54, 14.2, 0, 0.15},
    {"ssd_mobilenet_v2", 101, 55, 17, 735, 38.0, 6.11, 26.8, 1.46, 0.27},
    {"ssdlite_mobiledet", 127, 66, 27, 1502, 31.2, 4.21, 25.3, 1.55, 0.31},
    {"yolov5n_artpec8", 146, 60, 0, 2672, 0, 2.04, 65, 39.1, 3.37},
    {"yolov5n_artpec9", 146, 60, 0, 2179, 0, 1.88, 58, 39.1, 3.37},
    {"yolov5s_artpec8", 146, 60, 0, 8916, 0, 7.55, 113, 39.1, 3.37},
    {"yolov5s_artpec9", 146, 60, 0, 8107, 0, 7.26, 107, 39.1, 3.37},
    {"yolov5m_artpec8", 175, 82, 0, 24436, 0, 21.2, 187, 39.1, 3.37},
    {"yolov5m_artpec9", 175, 82, 0, 24272, 0, 21.2, 187, 39.1, 3.37},
    {"efficientnet_lite0?input=300", 62, 34, 16, 665, 64, 4.7, 26, 0, 0.27},
    {"efficientnet_lite2", 82, 44, 21, 784, 76, 6.2, 28, 0, 0.20},
};

class Camera : public testing::TestWithParam<CameraRow> {};
TEST_P(Camera, LayersAndSizes) {
  const CameraRow& row = GetParam();
  const Counts counts = counts_of(row.network);
  EXPECT_EQ(counts.operators, row.operators);
  EXPECT_EQ(counts.convolutions, row.convolutions);
  EXPECT_EQ(counts.depthwise, row.depthwise);
  EXPECT_NEAR(millions(counts.macs), row.macs, 0.7);
  EXPECT_NEAR(millions(counts.depthwise_macs), row.depthwise_macs, 0.6);
  EXPECT_NEAR(millions(counts.weights + 4 * counts.biases), row.weights, 0.06);  // biases take four bytes
  EXPECT_NEAR(millions(counts.body_bytes), row.body, row.body < 50 ? 0.5 : 1.0);
  EXPECT_NEAR(millions(counts.tail_bytes), row.tail, 0.05);
  EXPECT_NEAR(millions(counts.io_bytes), row.io, 0.05);
}
INSTANTIATE_TEST_SUITE_P(Zoo, Camera, testing::ValuesIn(camera_rows));

// The table of cameras' networks has MobileNetV3-EdgeTPU with a 3 x 3 convolution of 32 channels at 112 x 112 pixels in its
// first block, whose expansion is 1. The definition has none there, and its 990 million multiplications are without.
TEST(Zoo, EdgeTpuVariantLacksTheFirstExpansion) {
  const Counts counts = counts_of("mobilenet_v3_edgetpu");
  EXPECT_EQ(counts.operators + 1, 78u);
  EXPECT_EQ(counts.convolutions + 1, 47);
  EXPECT_EQ(counts.depthwise, 13);
  EXPECT_NEAR(millions(counts.macs + 112 * 112 * 32 * 9 * 32), 1096, 0.7);
  EXPECT_NEAR(millions(counts.depthwise_macs), 10.0, 0.1);
  EXPECT_NEAR(millions(counts.weights + 9 * 32 * 32 + 4 * (counts.biases + 32)), 4.14, 0.01);
}

// SSD's anchors on 300 x 300 and 320 x 320 pixels, as cited above for the cameras' networks.
std::int32_t anchors_of(const std::string& text) {
  const Graph graph = graph_named(text);
  for (const TensorInfo& tensor : graph.tensors) {
    if (to_string(tensor.name) == "anchors") return tensor.type.shape[0];
  }
  return 0;
}
TEST(Zoo, Anchors) {
  EXPECT_EQ(anchors_of("ssd_mobilenet_v2"), 1917);
  EXPECT_EQ(anchors_of("ssdlite_mobiledet"), 2034);
}

// Widths round to multiples of 8, never more than a tenth down (TensorFlow models, `_make_divisible`).
static_assert(zoo::scaled(32, 100) == 32 && zoo::scaled(32, 50) == 16 && zoo::scaled(32, 35) == 16);
static_assert(zoo::scaled(24, 75) == 24);  // 18 is nearer to 16, but 16 is more than a tenth below
static_assert(zoo::scaled(24, 140) == 32 && zoo::scaled(16, 35) == 8 && zoo::scaled(8, 10) == 8);
static_assert(zoo::scaled(160, 75) == 120 && zoo::scaled(320, 35) == 112 && zoo::scaled(1280, 140) == 1792);
static_assert(zoo::scaled(20, 100) == 24);  // 2.5 eighths round up
// YOLOv5's widths round up, to what each form wants.
static_assert(zoo::yolov5::width(zoo::YoloForm::general, 64, 25) == 16);
static_assert(zoo::yolov5::width(zoo::YoloForm::artpec8, 64, 25) == 24);
static_assert(zoo::yolov5::width(zoo::YoloForm::artpec8, 1024, 25) == 264);
static_assert(zoo::yolov5::width(zoo::YoloForm::artpec9, 128, 25) == 32);
static_assert(zoo::yolov5::depth(9, 33) == 3 && zoo::yolov5::depth(3, 67) == 2 && zoo::yolov5::depth(3, 10) == 1);

std::vector<std::int32_t> widths(const std::string& text) {
  const Graph graph = graph_named(text);
  std::vector<std::int32_t> widths;
  for (const Node& node : graph.nodes) {
    if (!node.op.is<op::Conv2d>()) continue;
    const std::int32_t filters = node.op.as<op::Conv2d>().filters;
    if (widths.empty() || widths.back() != filters) widths.push_back(filters);
  }
  return widths;
}
TEST(Zoo, WidthsFollowTheOptions) {
  EXPECT_EQ(widths("mobilenet_v1?width_percent=25,classes=2"),
            (std::vector<std::int32_t>{8, 16, 32, 64, 128, 256, 2}));
  EXPECT_EQ(widths("mobilenet_v2?width_percent=50").front(), 16);
  const auto last = [](const std::string& text) { return widths(text).end()[-2]; };
  EXPECT_EQ(last("mobilenet_v2?width_percent=50"), 1280);  // the last convolution is not narrowed
  EXPECT_EQ(last("mobilenet_v2?width_percent=140"), 1792);
}
TEST(Zoo, DepthRepeatsBlocks) {
  const auto blocks = [](const std::string& text) { return counts_of(text).depthwise; };
  EXPECT_EQ(blocks("mobilenet_v2?depth_percent=100"), 17);
  EXPECT_EQ(blocks("mobilenet_v2?depth_percent=50"), 1 + 1 + 2 + 2 + 2 + 2 + 1);
  EXPECT_EQ(blocks("mobilenet_v2?depth_percent=200"), 34);
  EXPECT_EQ(counts_of("resnet18?depth_percent=200").convolutions, 20 + 8 * 2);
  EXPECT_EQ(blocks("efficientnet_lite0?depth_percent=200"), 2 * (16 - 2) + 2);  // neither the first nor the last
}

/// A graph of which every network of the zoo is made at run time is the one of its type.
template <class Model>
void expect_same_as_type(const std::string& text) {
  const Graph graph = graph_named(text);
  const GraphView constant = graph_of<Model>.view();
  ASSERT_EQ(graph.nodes.size(), constant.nodes.size());
  ASSERT_EQ(graph.tensors.size(), constant.tensors.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    ASSERT_EQ(graph.nodes[i].op, constant.nodes[i].op) << i;
    ASSERT_EQ(graph.nodes[i].name, constant.nodes[i].name) << i;
  }
  EXPECT_TRUE(std::ranges::equal(graph.edges, constant.edges));
}
TEST(Zoo, TypesAndGraphsAreTheSame) {
  expect_same_as_type<zoo::MobileNetV2<zoo::Options{.width_percent = 140, .input = 192, .classes = 2}>>(
      "zoo:mobilenet_v2?width_percent=140,input=192,classes=2");
  expect_same_as_type<zoo::SsdLiteMobileDet<>>("ssdlite_mobiledet");
  expect_same_as_type<zoo::Yolov5m<>>("yolov5m");
}

TEST(Zoo, EveryNetworkHasNamesOfItsOwn) {
  for (const zoo::Network& network : zoo::catalogue()) {
    const Graph graph = network.build({});
    ASSERT_EQ(graph.problem, nullptr) << network.name;
    std::vector<std::string> names;
    for (const Node& node : graph.nodes) names.push_back(to_string(node.name));
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << network.name;
  }
}

// ---- Options that no network has

void expect_problem(const std::string& text, const Rule& rule) {
  const Graph graph = graph_named(text);
  ASSERT_NE(graph.problem, nullptr) << text;
  EXPECT_EQ(graph.problem->sentence, rule.sentence) << text;
}
TEST(Zoo, OptionsOutOfRange) {
  namespace rule = zoo::zoo_rule;
  for (const zoo::Network& network : zoo::catalogue()) {
    const std::string name = std::string(network.name) + "?";
    for (const char* width : {"0", "-1", "1001", "2147483647"}) {
      expect_problem(name + "width_percent=" + width, rule::Width::rule);
      expect_problem(name + "depth_percent=" + width, rule::Depth::rule);
    }
    for (const char* input : {"0", "-32", "7", "4097"}) expect_problem(name + "input=" + input, rule::Input::rule);
    for (const char* classes : {"0", "-1", "100001"})
      expect_problem(name + "classes=" + classes, rule::Classes::rule);
    for (const char* channels : {"0", "65"}) expect_problem(name + "channels=" + channels, rule::Channels::rule);
  }
  expect_problem("yolov5n?input=650", rule::InputMultipleOf32::rule);
  expect_problem("ssd_mobilenet_v2?input=32", rule::InputAbove32::rule);
  for (const char* detections : {"0", "-1", "1918"}) {  // there are 1917 anchors
    expect_problem(std::string("ssd_mobilenet_v2?max_detections=") + detections, rule::Detections::rule);
  }
  expect_problem("kws_dscnn?input=50", rule::Spectrogram::rule);
}
TEST(Zoo, ExtremeOptionsAreNetworks) {
  for (const zoo::Network& network : zoo::catalogue()) {
    const std::string name = std::string(network.name) + "?";
    for (const char* options : {"width_percent=1", "depth_percent=1", "classes=1", "width_percent=1000"}) {
      EXPECT_EQ(graph_named(name + options).problem, nullptr) << name << options;
    }
    if (network.task == zoo::Task::detection) {
      EXPECT_EQ(graph_named(name + "input=96").problem, nullptr) << name;
    }
  }
}
TEST(Zoo, TextThatIsNoNetwork) {
  const auto error = [](const char* text) { return zoo::parse(text).error(); };
  EXPECT_NE(error("zoo:x").find("there is no network 'x'; known networks: mobilenet_v1, "), std::string::npos);
  EXPECT_NE(error("zoo:").find("there is no network ''"), std::string::npos);
  EXPECT_EQ(error("resnet8?width"), "zoo:resnet8: 'width' is no option; write key=value");
  EXPECT_NE(error("resnet8?width=3").find("zoo:resnet8: there is no option 'width'; options are width_percent, "),
            std::string::npos);
  EXPECT_EQ(error("resnet8?classes=2x"), "zoo:resnet8: the option classes is a whole number, not '2x'");
  EXPECT_EQ(error("resnet8?classes=99999999999"),
            "zoo:resnet8: the option classes is a whole number, not '99999999999'");
  EXPECT_EQ(error("resnet8?classes="), "zoo:resnet8: the option classes is a whole number, not ''");
  EXPECT_EQ(error("resnet8?pooling=max"), "zoo:resnet8: pooling is average_pool or mean");
  EXPECT_EQ(error("resnet8?,"), "zoo:resnet8: '' is no option; write key=value");
  EXPECT_TRUE(zoo::parse("resnet8?"));
}

/// A backbone that ends where an SSD head begins.
constexpr zoo::FeatureMaps shallow(Builder& g, Value image, const zoo::BackboneOptions&) {
  zoo::FeatureMaps maps;
  maps.stride2 = g.conv2d(image, {.filters = 8, .kernel = 3, .stride = 2});
  return maps;
}
TEST(Zoo, BackbonesOfDetectorsMustHaveTheMaps) {
  const Graph graph = zoo::build<zoo::ssd<shallow>>({});
  ASSERT_NE(graph.problem, nullptr);
  EXPECT_EQ(graph.problem->sentence, zoo::zoo_rule::FeatureMap::rule.sentence);
}

// ---- As types

// Networks are constants within two thirds of clang's default budget (tests/CMakeLists.txt); YOLOv5m takes the most.
constexpr const auto& largest = graph_of<zoo::Yolov5n<>>;
static_assert(largest.nodes.size() == 251);
constexpr auto largest_schedule =
    static_schedule<largest.nodes.size()>(largest.view(), ElementType::int8, FusionLimits{});
static_assert(static_memory_plan<largest.tensors.size()>(largest.view(), largest_schedule.steps(), ElementType::int8)
                  .total < 64'000'000);
static_assert(placement<zoo::Yolov5n<>, soc::Cpu, PerChannel>.verdict == NetworkVerdict::runs);

template <class Model>
constexpr bool is_a_type_everywhere = Network<Model, soc::Cpu, Unquantized>::arena_bytes > 0 &&
                                      Network<Model, soc::Artpec7, PerChannel, Allow<cpu>>::arena_bytes > 0 &&
                                      Network<Model, soc::Artpec8, PerTensor, Allow<cpu>>::arena_bytes > 0 &&
                                      Network<Model, soc::Artpec9, PerChannel, Allow<cpu>>::arena_bytes > 0 &&
                                      Network<Model, soc::Cv25, PowerOfTwo>::arena_bytes > 0;
static_assert(is_a_type_everywhere<zoo::MobileNetV2<>>);
static_assert(is_a_type_everywhere<zoo::KwsDscnn> && is_a_type_everywhere<zoo::ResNet8>);

// What chips make of them, as documented: Softmax is missing on ARTPEC-9.
static_assert(placement<zoo::MobileNetV2<>, soc::Artpec7, PerChannel>.verdict == NetworkVerdict::runs);
static_assert(placement<zoo::MobileNetV2<>, soc::Artpec8, PerTensor>.verdict == NetworkVerdict::runs);
static_assert(placement<zoo::MobileNetV2<>, soc::Artpec9, PerChannel>.cpu_operators == 1);
static_assert(placement<zoo::MobileNetV2<>, soc::Cv25, PowerOfTwo>.verdict == NetworkVerdict::runs);
static_assert(placement<zoo::KwsDscnn, soc::Artpec8, PerTensor>.verdict == NetworkVerdict::runs);
static_assert(placement<zoo::ResNet8, soc::Artpec8, PerTensor>.verdict == NetworkVerdict::runs);

}  // namespace
}  // namespace zoo_test
