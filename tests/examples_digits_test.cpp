// The digits network from files to probabilities: every target's accuracy, the two front ends against each other,
// damaged files, and that a run allocates nothing.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include "../examples/digits/digits_data.hpp"
#include "support/allocations.hpp"
#include "support/golden.hpp"
#include "support/program_instances.hpp"

namespace dlpu::examples_digits_test {
namespace {

using digits::Data;
using digits::DigitsNet;

std::filesystem::path data_folder() {
  return golden::tests_folder().parent_path() / "examples" / "digits";
}

const Data& data() {
  static const Data loaded = golden::detail::require(digits::load_data(data_folder()));
  return loaded;
}

/// The typed network of a target with memory of its own.
template <class Soc, class Policy, class... Options>
struct Typed {
  using soc = Soc;
  using policy = Policy;
  using Net = Network<DigitsNet, Soc, Policy, Options...>;

  explicit Typed(const typename Net::Weights& weights) : net(weights, *packed, *arena), input(net.input()) {}

  /// The output's bytes; valid until the next run.
  std::span<const std::byte> run(std::size_t image) {
    EXPECT_TRUE(net.load(digits::frame(data(), image), input, digits::grey_values));
    output = net.run(input);
    return std::as_bytes(output.span());
  }

  std::unique_ptr<typename Net::Arena> arena = std::make_unique<typename Net::Arena>();
  std::unique_ptr<typename Net::Packed> packed = std::make_unique<typename Net::Packed>();
  Net net;
  typename Net::template InputTensor<> input;
  typename Net::Output output;
};

/// The same network as a graph that only the run knows.
template <class Policy>
struct RunTime {
  using Image = Tensor<typename Policy::Storage, Extents<1, 8, 8, 1>, typename Policy::Activation>;

  RunTime() : program(golden::detail::require(Program::create<Policy>(build_graph<DigitsNet>(), parameters()))) {
    if constexpr (Policy::quantized) {
      input = Image(program.parameters()[program.graph().inputs[0]].quantization);
    }
  }
  static Parameters parameters() { return golden::detail::require(digits::parameters_for<Policy>(data())); }

  std::span<const std::byte> run(std::size_t image) {
    EXPECT_TRUE(load(digits::frame(data(), image), input.view(), digits::grey_values));
    const std::span<const std::byte> bytes = std::as_bytes(std::as_const(input).span());
    program.run({&bytes, 1});
    return program.output();
  }

  Program program;
  Image input;
};

template <class Target>
std::vector<float> probabilities(Target& target) {
  std::vector<float> all;
  for (std::size_t i = 0; i < data().labels.size(); ++i) {
    (void)target.run(i);
    for (std::size_t c = 0; c < digits::classes; ++c) all.push_back(target.output.dequantize(c));
  }
  return all;
}

template <class Target>
typename Target::Net::Weights weights_of(const Parameters& parameters) {
  return golden::detail::require(Target::Net::Weights::from_parameters(parameters));
}

using OnCpu = Typed<soc::Cpu, Unquantized>;

double float_accuracy() {
  static const double value = [] {
    OnCpu target(weights_of<OnCpu>(data().weights));
    return digits::accuracy(data(), probabilities(target));
  }();
  return value;
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::ranges::equal(a, b);
}

template <class T>
class DigitsTarget : public testing::Test {};
using Targets = testing::Types<OnCpu, Typed<soc::Artpec7, PerChannel>, Typed<soc::Artpec8, PerTensor, Allow<cpu>>,
                               Typed<soc::Artpec9, PerChannel, Allow<cpu>>, Typed<soc::Cv25, PowerOfTwo>>;
struct TargetName {
  template <class Target>
  static std::string GetName(int) {
    return std::string(Target::soc::key);
  }
};
TYPED_TEST_SUITE(DigitsTarget, Targets, TargetName);

TEST(Digits, HasAllHeldBackImages) {
  EXPECT_EQ(data().labels.size(), 540u);
  EXPECT_EQ(data().calibration.size(), 200 * digits::pixels);
}

TEST(Digits, FloatIsWhatWasTrained) {
  OnCpu target(weights_of<OnCpu>(data().weights));
  EXPECT_LE(digits::largest_difference(probabilities(target), data().expected_probabilities), 1e-5f);
  EXPECT_GE(float_accuracy(), 98.0);
}

TYPED_TEST(DigitsTarget, IsAsAccurateAsFloat) {
  const Parameters parameters = RunTime<typename TypeParam::policy>::parameters();
  TypeParam target(weights_of<TypeParam>(parameters));
  EXPECT_NEAR(digits::accuracy(data(), probabilities(target)), float_accuracy(), 0.5);
}

TYPED_TEST(DigitsTarget, NetworkAndProgramAreTheSameBits) {
  const Parameters parameters = RunTime<typename TypeParam::policy>::parameters();
  TypeParam typed(weights_of<TypeParam>(parameters));
  RunTime<typename TypeParam::policy> run_time;
  for (std::size_t i = 0; i < data().labels.size(); ++i) {
    ASSERT_TRUE(same(typed.run(i), run_time.run(i))) << "image " << i;
  }
}

TYPED_TEST(DigitsTarget, SavedParametersAreTheSameNetwork) {
  using Policy = typename TypeParam::policy;
  if constexpr (Policy::quantized) {
    const Parameters parameters = RunTime<Policy>::parameters();
    const std::vector<std::byte> file = io::save_parameters<Policy>(TypeParam::Net::graph, parameters);
    const auto read = TypeParam::Net::Weights::from_safetensors(file, "saved.safetensors");
    ASSERT_TRUE(read) << read.error();
    TypeParam before(weights_of<TypeParam>(parameters)), after(*read);
    for (std::size_t i = 0; i < data().labels.size(); ++i) {
      ASSERT_TRUE(same(before.run(i), after.run(i))) << "image " << i;
    }
  } else {  // unfolded batch normalizations need memory that spans into a file do not have
    const auto file = golden::detail::require(io::read_file((data_folder() / "weights.safetensors").string()));
    const auto read = TypeParam::Net::Weights::from_safetensors(file.bytes(), "weights.safetensors");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().find("load_float_weights"), std::string::npos) << read.error();
  }
}

TEST(Digits, AllocationsAreCounted) {
  EXPECT_EQ(golden::allocations_in([] { ::operator delete(::operator new(1)); }), 1u);
  EXPECT_GE(golden::allocations_in([] { (void)data().weights.borrowed(); }), 1u);
}

TYPED_TEST(DigitsTarget, RunsAllocateNothing) {
  using Policy = typename TypeParam::policy;
  const Parameters parameters = RunTime<Policy>::parameters();
  TypeParam typed(weights_of<TypeParam>(parameters));
  RunTime<Policy> run_time;
  EXPECT_TRUE(typed.net.load(digits::frame(data(), 0), typed.input, digits::grey_values));
  const std::span<const std::byte> bytes = std::as_bytes(std::as_const(run_time.input).span());
  EXPECT_EQ(golden::allocations_in([&] { typed.output = typed.net.run(typed.input); }), 0u);
  EXPECT_EQ(golden::allocations_in([&] { run_time.program.run({&bytes, 1}); }), 0u);
}

// Damaged files

const AlignedBuffer& weights_file() {
  static const AlignedBuffer file =
      golden::detail::require(io::read_file((data_folder() / "weights.safetensors").string()));
  return file;
}

using SafeTensorList = std::vector<io::SafeTensor>;

/// The tensors of a file, changed, as a file again.
std::vector<std::byte> rewritten(std::span<const std::byte> file,
                                 const std::function<void(SafeTensorList&)>& change) {
  const auto parsed = golden::detail::require(io::SafeTensors::parse(file, "original"));
  SafeTensorList tensors(parsed.tensors().begin(), parsed.tensors().end());
  change(tensors);
  return io::write_safetensors(tensors);
}

io::SafeTensor& find(SafeTensorList& tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors, name, &io::SafeTensor::name);
  if (found == tensors.end()) throw std::runtime_error("no tensor " + std::string(name));
  return *found;
}

/// The error of loading float weights; empty where they load.
std::string float_error(std::span<const std::byte> bytes) {
  const auto file = io::SafeTensors::parse(bytes, "damaged.safetensors");
  if (!file) return file.error();
  return io::load_float_weights(graph_of<DigitsNet>.view(), *file).error();
}

void expect_words(const std::string& message, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << "'" << word << "' is not in: " << message;
  }
}

TEST(DamagedWeights, UndamagedLoad) {
  EXPECT_EQ(float_error(rewritten(weights_file().bytes(), [](SafeTensorList&) {})), "");
}

TEST(DamagedWeights, MissingTensor) {
  for (const std::string_view name :
       {"stem.weight", "block_1.project.batch_norm.mean", "block_3.depthwise.batch_norm.gamma", "classifier.bias"}) {
    const auto file = rewritten(weights_file().bytes(), [&](SafeTensorList& tensors) {
      std::erase_if(tensors, [&](const io::SafeTensor& tensor) { return tensor.name == name; });
    });
    expect_words(float_error(file), {"damaged.safetensors", name, "is missing"});
  }
}

TEST(DamagedWeights, WrongShape) {
  const auto file = rewritten(weights_file().bytes(), [](SafeTensorList& tensors) {
    find(tensors, "head.weight").shape = {36, 1, 1, 96};
  });
  expect_words(float_error(file), {"damaged.safetensors", "'head.weight'", "[36, 1, 1, 96]", "[96, 1, 1, 36]"});
}

TEST(DamagedWeights, WrongType) {
  const auto file = rewritten(weights_file().bytes(), [](SafeTensorList& tensors) {
    find(tensors, "classifier.bias").type = ElementType::int32;
  });
  expect_words(float_error(file), {"damaged.safetensors", "'classifier.bias'", "int32", "float32"});
}

/// The float file with one number of one tensor changed.
std::vector<std::byte> with_number(std::string_view name, std::size_t index, float number) {
  std::vector<float> values;
  return rewritten(weights_file().bytes(), [&](SafeTensorList& tensors) {
    io::SafeTensor& tensor = find(tensors, name);
    const auto old = golden::detail::require(tensor.values<float>(name));
    values.assign(old.begin(), old.end());
    values.at(index) = number;
    tensor.data = std::as_bytes(std::span<const float>(values));
  });
}

TEST(DamagedWeights, NotFinite) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const float number : {nan, infinity, -infinity}) {
    for (const std::string_view name : {"block_2.depthwise.weight", "head.batch_norm.beta", "classifier.bias"}) {
      expect_words(float_error(with_number(name, 7, number)), {"damaged.safetensors", name, "element 7"});
    }
  }
}

TEST(DamagedWeights, VarianceIsNotPositive) {
  expect_words(float_error(with_number("stem.batch_norm.variance", 3, -1.0f)),
               {"damaged.safetensors", "'stem.batch_norm.variance'", "channel 3"});
}

TEST(DamagedWeights, CutOff) {
  const std::span<const std::byte> whole = weights_file().bytes();
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{1000}}) {
    expect_words(float_error(whole.first(length)), {"damaged.safetensors"});
  }
  for (const std::size_t missing : {std::size_t{1}, std::size_t{4}, std::size_t{20'000}}) {  // names a tensor too
    expect_words(float_error(whole.first(whole.size() - missing)), {"damaged.safetensors", "tensor '", "cut off"});
  }
}

TEST(DamagedWeights, CutOffOnDisk) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / "dlpu_examples_digits_test.safetensors";
  const std::span<const std::byte> whole = weights_file().bytes();
  ASSERT_TRUE(io::write_file(path.string(), whole.first(whole.size() / 2)));
  expect_words(digits::load_weights(path).error(), {path.string(), "cut off"});
  std::filesystem::remove(path);
  expect_words(digits::load_weights(path).error(), {path.string(), "cannot be read"});
}

/// The error of reading a changed file of quantized weights.
template <class Policy>
std::string quantized_error(const std::function<void(SafeTensorList&)>& change) {
  using Weights = NetworkWeights<DigitsNet, Policy>;
  const std::vector<std::byte> saved = io::save_parameters<Policy>(Weights::graph, RunTime<Policy>::parameters());
  return Weights::from_safetensors(rewritten(saved, change), "damaged.safetensors").error();
}

TEST(DamagedWeights, QuantizedFiles) {
  EXPECT_EQ(quantized_error<PerChannel>([](SafeTensorList&) {}), "");
  const auto without = [](std::string_view name) {
    return [name](SafeTensorList& tensors) {
      std::erase_if(tensors, [&](const io::SafeTensor& tensor) { return tensor.name == name; });
    };
  };
  for (const std::string_view name : {"stem.weight", "stem.weight.scale", "block_1.add.output.zero_point"}) {
    expect_words(quantized_error<PerChannel>(without(name)), {"damaged.safetensors", name, "is missing"});
  }
  const float zero = 0.0f;
  const auto no_scale = [&](SafeTensorList& tensors) {
    find(tensors, "head.output.scale").data = std::as_bytes(std::span(&zero, 1));
  };
  expect_words(quantized_error<PerTensor>(no_scale), {"damaged.safetensors", "'head.output.scale'", "positive"});
}

TEST(DamagedWeights, OtherPolicy) {
  const Parameters parameters = RunTime<PerTensor>::parameters();
  const auto saved = io::save_parameters<PerTensor>(graph_of<DigitsNet>.view(), parameters);
  expect_words(NetworkWeights<DigitsNet, PerChannel>::from_safetensors(saved, "per_tensor.safetensors").error(),
               {"per_tensor.safetensors", "'stem.weight.scale'", "[1]", "[16]"});
  expect_words(NetworkWeights<DigitsNet, PerChannel>::from_parameters(parameters).error(), {"stem", "scale"});
}

}  // namespace
}  // namespace dlpu::examples_digits_test
