#include "dlpu/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "dlpu/failure.hpp"
#include "dlpu/image.hpp"
#include "dlpu/io/npy.hpp"

namespace dlpu::command {
namespace {

std::size_t bytes_of_input(const TensorInfo& tensor) {
  return bytes_of(tensor.type, tensor.type.element);
}

AlignedBuffer read_input(const TensorInfo& tensor, const std::string& path) {
  const AlignedBuffer file = value_of(io::read_file(path));
  const io::NpyArray array = value_of(io::NpyArray::parse(file.bytes(), path));
  if (array.shape() != tensor.type.shape || array.type() != tensor.type.element) {
    throw Failure(fmt::format("{}: the array is {} {}, but the network's input is {}", path, to_string(array.type()),
                              to_string(array.shape()), describe(tensor)));
  }
  AlignedBuffer input(bytes_of_input(tensor));
  if (input.size() > 0) std::memcpy(input.data(), array.data().data(), input.size());
  return input;
}

/// Pixels as the element type holds them.
AlignedBuffer stored(const Image& image, const TensorInfo& tensor) {
  AlignedBuffer input(bytes_of_input(tensor));
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const std::uint8_t pixel = image.pixels[i];
    if (tensor.type.element == ElementType::float32) {
      const float value = (static_cast<float>(pixel) - 127.5f) / 127.5f;
      std::memcpy(input.data() + i * sizeof value, &value, sizeof value);
    } else {
      // In 8 bits, subtracting 128 is flipping the highest bit.
      input.data()[i] = std::byte(tensor.type.element == ElementType::int8 ? pixel ^ 0x80 : pixel);
    }
  }
  return input;
}

bool takes_photos(const Model& model) {
  if (model.graph().inputs.size() != 1) return false;
  const TensorType& type = model.tensor(model.graph().inputs[0]).type;
  const bool element_fits =
      type.element == ElementType::uint8 || type.element == ElementType::int8 || type.element == ElementType::float32;
  return element_fits && type.shape.rank == 4 && type.shape[0] == 1 && type.shape.elements() > 0 &&
         (type.shape[3] == 1 || type.shape[3] == 3);
}

AlignedBuffer random_input(const TensorInfo& tensor, std::mt19937& generator) {
  AlignedBuffer input(bytes_of_input(tensor));
  if (tensor.type.element == ElementType::float32) {
    for (std::size_t i = 0; i < input.size(); i += sizeof(float)) {
      const float value = static_cast<float>(generator() >> 8) * 0x1p-23f - 1.0f;
      std::memcpy(input.data() + i, &value, sizeof value);
    }
  } else if (element_bytes(tensor.type.element) <= 2 && tensor.type.element != ElementType::boolean) {
    for (std::byte& byte : input.bytes()) byte = static_cast<std::byte>(generator() >> 24);
  }
  return input;
}

}  // namespace

std::vector<std::span<const std::byte>> Inputs::views() const {
  std::vector<std::span<const std::byte>> result;
  for (const AlignedBuffer& array : arrays_) result.push_back(array.bytes());
  return result;
}

Inputs read_inputs(const Model& model, const std::vector<std::string>& paths) {
  const std::vector<std::int32_t>& tensors = model.graph().inputs;
  if (paths.empty() && !tensors.empty()) {
    throw Failure(fmt::format("{}: there is no input; give --input x.npy for {}", model.path,
                              describe(model.tensor(tensors[0]))) +
                  (takes_photos(model) ? ", or --image photo.png" : ""));
  }
  if (paths.size() != tensors.size()) {
    throw Failure(fmt::format("{}: the network has {} inputs, but there are {} files of --input", model.path,
                              tensors.size(), paths.size()));
  }
  Inputs inputs;
  for (std::size_t i = 0; i < paths.size(); ++i) inputs.add(read_input(model.tensor(tensors[i]), paths[i]));
  return inputs;
}

Inputs photo_input(const Model& model, const std::string& path) {
  if (!takes_photos(model)) {
    throw Failure(model.path +
                  ": the network takes no photograph, which is one input [1, height, width, 1 or 3] of "
                  "uint8, int8 or float32; give --input x.npy");
  }
  const TensorInfo& tensor = model.tensor(model.graph().inputs[0]);
  const Shape& shape = tensor.type.shape;
  Image photo = read_image(path);
  if (shape[3] == 1) photo = to_grey(photo);
  Inputs inputs;
  inputs.add(stored(resize(photo, {shape[1], shape[2]}), tensor));
  return inputs;
}

Inputs random_inputs(const Model& model, std::uint32_t seed) {
  std::mt19937 generator(seed);  // its sequence is part of the C++ standard
  Inputs inputs;
  for (const std::int32_t tensor : model.graph().inputs) inputs.add(random_input(model.tensor(tensor), generator));
  return inputs;
}

}  // namespace dlpu::command
