// Finds handwritten digits in scenes: an SSD over a backbone of one's own, quantized for ARTPEC-8, and what it finds drawn as
// boxes with labels. The weights are those of tools/train_detector.py.
//
//     detector_find_digits                       precision and recall on the held-back scenes
//     detector_find_digits FOLDER                and each scene with its boxes as FOLDER/scene_NN.png

#include <dlpu/dlpu.hpp>
#include <dlpu/io/file.hpp>
#include <dlpu/io/npy.hpp>
#include <dlpu/io/weights.hpp>
#include <dlpu/quantize/quantize.hpp>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "detector_net.hpp"
#include "drawing.hpp"

namespace {

using namespace dlpu;

constexpr double least_precision = 0.85, least_recall = 0.8;
constexpr std::size_t pixels = detector::size * detector::size, most_digits = 4;

template <class T>
T value_or_exit(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

std::string path_of(const char* name) {
#ifdef DLPU_EXAMPLES_DIR
  return (std::filesystem::path(DLPU_EXAMPLES_DIR) / "detector" / name).string();
#else
  return (std::filesystem::path(__FILE__).parent_path() / name).string();
#endif
}
template <class T>
std::vector<T> load(const char* name) {
  const AlignedBuffer bytes = value_or_exit(io::read_file(path_of(name)));
  const io::NpyArray array = value_or_exit(io::NpyArray::parse(bytes.bytes(), path_of(name)));
  const std::span<const T> values = value_or_exit(array.values<T>());
  return {values.begin(), values.end()};
}

struct Box {
  float top, left, bottom, right;
};
struct Detection {
  Box box;
  int digit;
  float score;
};

float overlap(const Box& a, const Box& b) {
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (height <= 0 || width <= 0) return 0;
  const auto area = [](const Box& box) { return (box.bottom - box.top) * (box.right - box.left); };
  return height * width / (area(a) + area(b) - height * width);
}

/// The detector on one chip, with memory of its own.
class DigitFinder {
 public:
  explicit DigitFinder(const Parameters& parameters)
      : net_(value_or_exit(Net::Weights::from_parameters(parameters)), packed, arena) {}

  std::vector<Detection> find(std::span<const std::uint8_t> scene) {
    auto image = net_.input();
    for (std::size_t i = 0; i < pixels; ++i) {
      image.data()[i] =
          PerTensor::Activation::quantize(static_cast<float>(scene[i]) / 127.5f - 1.0f, image.parameters());
    }
    const auto [boxes, classes, scores, count] = net_.run(image);
    std::vector<Detection> found;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count.data()[0]); ++i) {
      const float* box = boxes.data() + 4 * i;
      found.push_back({{box[0], box[1], box[2], box[3]}, static_cast<int>(classes.data()[i]), scores.data()[i]});
    }
    return found;
  }

 private:
  // Dequantize and the detection itself run on the camera's CPU, Logistic too by the documented list.
  using Net = Network<detector::DigitDetector, soc::Artpec8, PerTensor, Allow<cpu>>;
  static inline Net::Arena arena;
  static inline Net::Packed packed;
  Net net_;
};

Parameters quantized_weights(const Graph& graph) {
  const AlignedBuffer bytes = value_or_exit(io::read_file(path_of("weights.safetensors")));
  const auto file = value_or_exit(io::SafeTensors::parse(bytes.bytes(), path_of("weights.safetensors")));
  const Parameters weights = value_or_exit(io::load_float_weights(graph.view(), file));
  std::vector<float> samples;
  for (const std::uint8_t pixel : load<std::uint8_t>("calibration.npy")) {
    samples.push_back(static_cast<float>(pixel) / 127.5f - 1.0f);
  }
  return value_or_exit(quantize::quantize_network<PerTensor>(graph, weights, samples));
}

void save_picture(const std::string& path, std::span<const std::uint8_t> scene, const std::vector<Detection>& found) {
  constexpr int zoom = 3, side = detector::size * zoom;
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * side * side));
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const std::uint8_t grey = scene[static_cast<std::size_t>(y / zoom * detector::size + x / zoom)];
      std::fill_n(rgb.begin() + 3 * (y * side + x), 3, grey);
    }
  }
  const auto place = [](float share) { return static_cast<int>(share * side); };
  for (const Detection& d : found) {
    detector::draw_box({side, side, rgb}, place(d.box.left), place(d.box.top), place(d.box.right),
                       place(d.box.bottom), d.digit, 2);
  }
  if (stbi_write_png(path.c_str(), side, side, 3, rgb.data(), 3 * side) == 0) {
    std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Graph graph = build_graph<detector::DigitDetector>();
  const Parameters parameters = quantized_weights(graph);
  DigitFinder finder(parameters);
  const std::vector<std::uint8_t> scenes = load<std::uint8_t>("scenes.npy");
  const std::vector<float> truth = load<float>("boxes.npy");
  std::size_t digits = 0, found = 0, right = 0;
  for (std::size_t i = 0; i < scenes.size() / pixels; ++i) {
    const std::span<const std::uint8_t> scene = std::span(scenes).subspan(i * pixels, pixels);
    const std::vector<Detection> detections = finder.find(scene);
    found += detections.size();
    for (std::size_t k = 0; k < most_digits; ++k) {
      const float* box = &truth[(i * most_digits + k) * 5];
      if (box[4] < 0) continue;
      ++digits;
      right += std::ranges::any_of(detections, [&](const Detection& d) {
        return d.digit == static_cast<int>(box[4]) && overlap(d.box, {box[0], box[1], box[2], box[3]}) >= 0.5f;
      });
    }
    if (argc == 2) {
      std::filesystem::create_directories(argv[1]);
      save_picture((std::filesystem::path(argv[1]) / ("scene_" + std::to_string(i) + ".png")).string(), scene,
                   detections);
    }
  }
  const double precision = static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(found, 1));
  const double recall = static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(digits, 1));
  std::printf("%zu scenes, %zu digits, %zu detections: precision %.1f %%, recall %.1f %%\n", scenes.size() / pixels,
              digits, found, 100 * precision, 100 * recall);
  return precision >= least_precision && recall >= least_recall ? 0 : 1;
}
