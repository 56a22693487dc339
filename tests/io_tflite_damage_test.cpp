// Nothing in a damaged .tflite file does harm, and what is wrong is said in one line: files that end early, and files with
// changed bytes, of this repository and of ../shared where that is present.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/golden.hpp"
#include "support/program_instances.hpp"
#include "support/tflite_files.hpp"

namespace dlpu::io_tflite_damage_test {
namespace {

namespace schema = ::dlpu::tflite_schema;

/// With DLPU_DAMAGE=all in the environment, every place is damaged.
bool damages_all() {
  const char* all = std::getenv("DLPU_DAMAGE");
  return all && std::string(all) == "all";
}
/// Otherwise, of the places to damage, every how manyth. A sanitizer sees harm; without one, a sample shows that errors stay
/// one line.
std::size_t sample() {
#if defined(DLPU_SANITIZED)
  return 1;
#else
  return damages_all() ? 1 : 5;
#endif
}

void expect_one_line(const std::string& error) {
  EXPECT_EQ(error.find("damaged: "), 0u) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  EXPECT_GT(error.size(), 20u) << error;
}

/// Reads a file. Where that works and the network is small, runs it.
void read_and_run(std::span<const std::byte> bytes, std::uint64_t most_activations) {
  const Result<io::TfliteModel> model = io::read_tflite(bytes, "damaged");
  if (!model) return expect_one_line(model.error());
  std::uint64_t activations = 0;
  for (const TensorInfo& tensor : model->graph.tensors) activations += bytes_of(tensor.type, tensor.type.element);
  if (activations > most_activations) return;
  Result<Program> program = model->program();
  if (!program) return;
  std::vector<AlignedBuffer> inputs;
  std::vector<std::span<const std::byte>> spans;
  for (const std::int32_t input : model->graph.inputs) inputs.emplace_back(program->tensor(input).size());
  for (const AlignedBuffer& input : inputs) spans.push_back(input.bytes());
  program->run(spans);
}

/// For each byte of a sound file, whether it says how the network is made; the others are weights.
std::vector<bool> structure_of(std::span<const std::byte> file) {
  std::vector<bool> structure(file.size(), true);
  const auto* first = reinterpret_cast<const std::uint8_t*>(file.data());
  for (const schema::Buffer* buffer : *schema::GetModel(first)->buffers()) {
    if (!buffer->data()) continue;
    std::fill_n(structure.begin() + (buffer->data()->data() - first), buffer->data()->size(), false);
  }
  return structure;
}

void expect_refused(std::span<const std::byte> file, std::size_t length) {
  AlignedBuffer cut(length);  // of its own, so that a sanitizer sees what is read behind it
  std::copy_n(file.data(), length, cut.data());
  const Result<io::TfliteModel> model = io::read_tflite(cut.bytes(), "damaged");
  if (model) ADD_FAILURE() << "the first " << length << " bytes are read";
  if (!model) expect_one_line(model.error());
}

// ---- Fixtures: every byte

class TfliteDamageTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    Result<AlignedBuffer> file =
        io::read_file((golden::tests_folder() / "fixtures" / (std::string(GetParam()) + ".tflite")).string());
    ASSERT_TRUE(file) << file.error();
    file_ = *std::move(file);
  }
  AlignedBuffer file_;
};

TEST_P(TfliteDamageTest, EveryBeginningIsRefused) {
  for (std::size_t length = 0; length < file_.size(); length += sample()) expect_refused(file_.bytes(), length);
}

TEST_P(TfliteDamageTest, ChangedBytesDoNoHarm) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < file_.size(); i += sample()) {
    const std::byte before = file_.data()[i];
    for (const std::byte value : {std::byte{0}, std::byte{0x7F}, std::byte{0xFF}, before ^ std::byte{1}}) {
      file_.data()[i] = value;
      read_and_run(file_.bytes(), ++count % 3 == 0 ? 1 << 20 : 0);  // running is what takes long
    }
    file_.data()[i] = before;
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, TfliteDamageTest,
                         testing::Values("int8_residual", "uint8_zero_points", "float16_weights", "float_border",
                                         "two_outputs", "constant_operands", "float_int8_filters", "movement",
                                         "detector", "functions"),
                         [](const auto& test) { return std::string(test.param); });

// What a fuzzer found worth keeping (tests/fuzz).
TEST(TfliteDamageCorpusTest, DoesNoHarm) {
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(golden::tests_folder() / "fuzz" / "corpus" / "tflite")) {
    const Result<AlignedBuffer> file = io::read_file(entry.path().string());
    ASSERT_TRUE(file) << file.error();
    read_and_run(file->bytes(), 1 << 20);
    ++files;
  }
  EXPECT_GE(files, 50u);
}

// ---- Real networks: their structure. Weights are only sampled, because any weight is a legal one.

/// Labels lie in a zip archive behind the flatbuffer, and nothing misses them.
AlignedBuffer without_archive(AlignedBuffer file) {
  constexpr std::byte mark[] = {std::byte{'P'}, std::byte{'K'}, std::byte{3}, std::byte{4}};
  const std::byte* const end = file.data() + file.size();
  const std::byte* const found =
      std::search(static_cast<const std::byte*>(file.data()), end, std::begin(mark), std::end(mark));
  if (found == end) return file;
  AlignedBuffer cut(static_cast<std::size_t>(found - file.data()));
  std::copy_n(file.data(), cut.size(), cut.data());
  return cut;
}

struct RealFile {
  const char* name;
  std::size_t step;  ///< between structure bytes that are changed
};

class SharedDamageTest : public testing::TestWithParam<RealFile> {
 protected:
  void SetUp() override {
    const auto path = std::filesystem::path("..") / "shared" / "models" / (std::string(GetParam().name) + ".tflite");
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    Result<AlignedBuffer> file = io::read_file(path.string());
    ASSERT_TRUE(file) << file.error();
    file_ = without_archive(*std::move(file));
    structure_ = structure_of(file_.bytes());
  }
  /// The places that are damaged.
  [[nodiscard]] std::vector<std::size_t> places() const {
    const std::size_t step = damages_all() ? 1 : GetParam().step * sample();
    std::vector<std::size_t> result;
    std::size_t structure = 0, weights = 0;
    for (std::size_t i = 0; i < file_.size(); ++i) {
      const bool chosen = structure_[i] ? structure++ % step == 0 : weights++ % 9973 == 0;
      if (chosen) result.push_back(i);
    }
    return result;
  }
  AlignedBuffer file_;
  std::vector<bool> structure_;
};

TEST_P(SharedDamageTest, BeginningsAreRefused) {
  // What is cut off within a run of weights is cut off in the same way everywhere; the ends of the runs are among these.
  for (const std::size_t length : places()) {
    const Result<io::TfliteModel> model = io::read_tflite(file_.bytes().first(length), "damaged");
    ASSERT_FALSE(model) << "the first " << length << " bytes are read";
    expect_one_line(model.error());
  }
}

TEST_P(SharedDamageTest, ChangedBytesDoNoHarm) {
  std::size_t count = 0;
  for (const std::size_t i : places()) {
    const std::byte before = file_.data()[i];
    for (const std::byte value : {before ^ std::byte{1}, before ^ std::byte{0x80}, std::byte{0xFF}}) {
      file_.data()[i] = value;
      // Running takes long; now and then shows that what is read can be run.
      read_and_run(file_.bytes(), ++count % 499 == 0 ? std::uint64_t{1} << 26 : 0);
    }
    file_.data()[i] = before;
  }
}

INSTANTIATE_TEST_SUITE_P(Shared, SharedDamageTest,
                         testing::Values(RealFile{"kws_dscnn_int8", 3}, RealFile{"kws_dscnn_float", 1},
                                         RealFile{"resnet8_cifar10_int8", 2}, RealFile{"resnet8_cifar10_float", 1},
                                         RealFile{"vww_96_int8", 31}, RealFile{"vww_96_float", 31},
                                         RealFile{"mobilenet_v2_1.0_224_quant", 301},
                                         RealFile{"tf2_mobilenet_v2_1.0_224_ptq", 701}),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

}  // namespace
}  // namespace dlpu::io_tflite_damage_test
