#include "dlpu/difference.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace dlpu::command {
namespace {

/// float32 numbers in their order as whole numbers: neighbours differ by 1, and both zeros are 0.
std::int64_t rank_of(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  return bits >= 0 ? bits : -static_cast<std::int64_t>(bits & INT32_MAX);
}

std::int64_t steps_between(float first, float second) {
  if (std::isnan(first) || std::isnan(second)) return std::isnan(first) && std::isnan(second) ? 0 : steps_to_nan;
  return rank_of(second) - rank_of(first);
}
template <class T>
std::int64_t steps_between(T first, T second) {
  return static_cast<std::int64_t>(second) - static_cast<std::int64_t>(first);
}

std::int64_t power_of_two_below(std::int64_t steps) {
  const auto power = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(std::abs(steps))));
  return steps < 0 ? -power : power;
}

template <class T>
void count(Difference& result, T first, T second) {
  const std::int64_t steps = steps_between(first, second);
  ++result.elements;
  ++result.histogram[std::is_same_v<T, float> ? power_of_two_below(steps) : steps];
  if (steps == 0) return;
  ++result.differing;
  result.largest_steps = std::max(result.largest_steps, std::abs(steps));
  const double distance = std::abs(static_cast<double>(second) - static_cast<double>(first));
  result.largest_value = std::isnan(distance) ? distance : std::max(result.largest_value, distance);
}

template <class T>
Difference difference_of(std::span<const std::byte> first, std::span<const std::byte> second) {
  Difference result;
  for (std::size_t i = 0; i + sizeof(T) <= first.size(); i += sizeof(T)) {
    T a{}, b{};
    std::memcpy(&a, first.data() + i, sizeof(T));
    std::memcpy(&b, second.data() + i, sizeof(T));
    count(result, a, b);
  }
  return result;
}

}  // namespace

void Difference::add(const Difference& other) {
  elements += other.elements;
  differing += other.differing;
  largest_steps = std::max(largest_steps, other.largest_steps);
  largest_value =
      std::isnan(other.largest_value) ? other.largest_value : std::max(largest_value, other.largest_value);
  for (const auto& [steps, count_of_them] : other.histogram) histogram[steps] += count_of_them;
}

Difference difference(std::span<const std::byte> first, std::span<const std::byte> second, ElementType element) {
  switch (element) {
    case ElementType::float32:
      return difference_of<float>(first, second);
    case ElementType::int8:
      return difference_of<std::int8_t>(first, second);
    case ElementType::int16:
      return difference_of<std::int16_t>(first, second);
    case ElementType::int32:
      return difference_of<std::int32_t>(first, second);
    case ElementType::int64:
      return difference_of<std::int64_t>(first, second);
    default:
      return difference_of<std::uint8_t>(first, second);
  }
}

}  // namespace dlpu::command
