#pragma once

/// The oracle of TFLite_Detection_PostProcess: boxes are decoded around their anchors, and of those that overlap only
/// the one with the highest score stays.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "dlpu/core/config.hpp"
#include "dlpu/core/math.hpp"

namespace dlpu::inline DLPU_ABI {
namespace reference {

/// A box by its corners, in the anchors' unit.
struct Corners {
  float top = 0.0f, left = 0.0f, bottom = 0.0f, right = 0.0f;
};
/// A box by its centre and size: an anchor, or a box relative to one.
struct CentredBox {
  float y = 0.0f, x = 0.0f, height = 0.0f, width = 0.0f;
};

struct DetectionParameters {
  std::int32_t boxes = 0, classes = 0;
  std::int32_t background = 0;  ///< 1: the first class is none of the `classes`
  std::int32_t max_detections = 0, classes_per_detection = 0, detections_per_class = 0;
  float score_threshold = 0.0f, overlap_threshold = 0.0f;
  CentredBox scales;
};

/// What is found, best first: `max_detections` in all, in the fast version `classes_per_detection` times as many.
struct Detections {
  Corners* boxes = nullptr;
  float* classes = nullptr;
  float* scores = nullptr;
};

/// Scratch memory: one entry of each for every box, of `ranked` for every class, of `best` for every detection.
struct DetectionMemory {
  struct Found {
    std::int32_t box = 0, label = 0;
    float score = 0.0f;
  };
  std::span<Corners> corners;
  std::span<float> scores;
  std::span<std::int32_t> order, selected, ranked;
  std::span<Found> best;
};

inline Corners decode(const CentredBox& box, const CentredBox& anchor, const CentredBox& scales) {
  const auto centre = [](double offset, double scale, double size, double place) {
    return static_cast<float>(offset / scale * size + place);
  };
  const auto half = [](double size, double scale, double anchored) {
    return static_cast<float>(0.5 * math::exp(size / scale) * anchored);
  };
  const float y = centre(box.y, scales.y, anchor.height, anchor.y);
  const float x = centre(box.x, scales.x, anchor.width, anchor.x);
  const float half_height = half(box.height, scales.height, anchor.height);
  const float half_width = half(box.width, scales.width, anchor.width);
  return {y - half_height, x - half_width, y + half_height, x + half_width};
}

/// Common area over united area. Areas are products of floats, exact in double, so that no compiler fuses them with
/// the sums: each is to be rounded to float first.
[[nodiscard]] constexpr float overlap(const Corners& a, const Corners& b) {
  const auto area = [](float height, float width) {
    return static_cast<float>(static_cast<double>(height) * static_cast<double>(width));
  };
  const float area_a = area(a.bottom - a.top, a.right - a.left), area_b = area(b.bottom - b.top, b.right - b.left);
  if (area_a <= 0.0f || area_b <= 0.0f) return 0.0f;
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float common = area(std::max(height, 0.0f), std::max(width, 0.0f));
  return common / (area_a + area_b - common);
}

/// Picks boxes by `memory.scores`, highest first, that overlap none picked before, into `memory.selected`. Returns
/// their number, at most `most`. Of equal scores the box with the lower number comes first.
constexpr std::int32_t suppress(const DetectionParameters& p, const DetectionMemory& memory, std::int32_t most) {
  const auto at = [](auto span, auto i) -> auto& {
    return span[static_cast<std::size_t>(i)];
  };
  std::int32_t candidates = 0, picked = 0;
  for (std::int32_t i = 0; i < p.boxes; ++i) {
    if (at(memory.scores, i) >= p.score_threshold) at(memory.order, candidates++) = i;
  }
  std::sort(memory.order.begin(), memory.order.begin() + candidates, [&](std::int32_t a, std::int32_t b) {
    return at(memory.scores, a) != at(memory.scores, b) ? at(memory.scores, a) > at(memory.scores, b) : a < b;
  });
  constexpr std::int32_t dropped = -1;
  for (std::int32_t i = 0; i < candidates && picked < most; ++i) {
    const std::int32_t box = at(memory.order, i);
    if (box == dropped) continue;
    at(memory.selected, picked++) = box;
    for (std::int32_t j = i + 1; j < candidates; ++j) {
      std::int32_t& other = at(memory.order, j);
      if (other == dropped) continue;
      if (overlap(at(memory.corners, box), at(memory.corners, other)) > p.overlap_threshold) other = dropped;
    }
  }
  return picked;
}

/// Puts `value` into a heap of `size` entries (the lowest score first) whose entry at `hole` is free: the hole goes down
/// to a leaf along the lower scores, then the value rises from there.
template <class Higher>
constexpr void fill_hole(std::span<std::int32_t> heap, std::size_t hole, std::size_t size, std::int32_t value,
                         Higher higher) {
  const std::size_t top = hole;
  while (2 * hole + 1 < size) {
    const std::size_t left = 2 * hole + 1, right = left + 1;
    const std::size_t child = right < size && !higher(heap[right], heap[left]) ? right : left;
    heap[hole] = heap[child];
    hole = child;
  }
  for (std::size_t parent = 0; hole > top && higher(heap[parent = (hole - 1) / 2], value); hole = parent) {
    heap[hole] = heap[parent];
  }
  heap[hole] = value;
}

/// The numbers of the `count` highest of `classes` scores, highest first, into the first entries of `ranked`, which has
/// room for all. `score(label)` gives them. The order of equal scores is not that of the labels but what a partial sort
/// with a heap makes of them, step by step as in LiteRT's standard library; for a count of 1 it is the first.
template <class Score>
constexpr void rank_classes(std::int32_t classes, std::int32_t count, Score score, std::span<std::int32_t> ranked) {
  const auto higher = [&](std::int32_t a, std::int32_t b) { return score(a) > score(b); };
  const auto size = static_cast<std::size_t>(count);
  for (std::int32_t i = 0; i < count; ++i) ranked[static_cast<std::size_t>(i)] = i;
  if (count == 1) {
    for (std::int32_t i = 1; i < classes; ++i) {
      if (higher(i, ranked[0])) ranked[0] = i;
    }
    return;
  }
  for (std::size_t i = size / 2; i-- > 0;) fill_hole(ranked, i, size, ranked[i], higher);
  for (std::int32_t i = count; i < classes; ++i) {
    if (higher(i, ranked[0])) fill_hole(ranked, 0, size, i, higher);
  }
  for (std::size_t last = size; last-- > 1;) {
    const std::int32_t value = ranked[last];
    ranked[last] = ranked[0];
    fill_hole(ranked, 0, last, value, higher);
  }
}

/// The regular version: suppression among the boxes of each class, then the best of all classes. Returns the number of
/// detections. `score(box, label)` counts labels from the first that is not background.
template <class Score>
constexpr std::int32_t detect_per_class(const DetectionParameters& p, const DetectionMemory& memory, Score score,
                                        const Detections& output) {
  const auto best = memory.best;
  const std::int32_t most = std::min(p.detections_per_class, p.max_detections);
  std::size_t found = 0;
  for (std::int32_t label = 0; label < p.classes; ++label) {
    for (std::int32_t i = 0; i < p.boxes; ++i) memory.scores[static_cast<std::size_t>(i)] = score(i, label);
    const std::int32_t picked = suppress(p, memory, most);
    for (std::int32_t i = 0; i < picked; ++i) {
      const std::int32_t box = memory.selected[static_cast<std::size_t>(i)];
      const DetectionMemory::Found next{box, label, memory.scores[static_cast<std::size_t>(box)]};
      // Behind those with the same score; what falls off the end is not among the best.
      const auto place = std::upper_bound(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(found), next,
                                          [](const auto& a, const auto& b) { return a.score > b.score; });
      if (place == best.begin() + p.max_detections) break;
      if (found < static_cast<std::size_t>(p.max_detections)) ++found;
      std::move_backward(place, best.begin() + static_cast<std::ptrdiff_t>(found) - 1,
                         best.begin() + static_cast<std::ptrdiff_t>(found));
      *place = next;
    }
  }
  for (std::size_t i = 0; i < found; ++i) {
    output.boxes[i] = memory.corners[static_cast<std::size_t>(best[i].box)];
    output.classes[i] = static_cast<float>(best[i].label);
    output.scores[i] = best[i].score;
  }
  return static_cast<std::int32_t>(found);
}

/// The fast version: suppression among all boxes by their highest score, and the best classes of each that stays.
/// Returns the number of boxes.
template <class Score>
constexpr std::int32_t detect_fast(const DetectionParameters& p, const DetectionMemory& memory, Score score,
                                   const Detections& output) {
  for (std::int32_t i = 0; i < p.boxes; ++i) {
    float highest = score(i, 0);
    for (std::int32_t label = 1; label < p.classes; ++label) highest = std::max(highest, score(i, label));
    memory.scores[static_cast<std::size_t>(i)] = highest;
  }
  const std::int32_t picked = suppress(p, memory, p.max_detections);
  const std::int32_t count = std::min(p.classes_per_detection, p.classes);
  for (std::int32_t i = 0; i < picked; ++i) {
    const std::int32_t box = memory.selected[static_cast<std::size_t>(i)];
    rank_classes(
        p.classes, count, [&](std::int32_t label) { return score(box, label); }, memory.ranked);
    for (std::int32_t k = 0; k < count; ++k) {
      const std::int64_t place = std::int64_t{p.classes_per_detection} * i + k;
      const std::int32_t label = memory.ranked[static_cast<std::size_t>(k)];
      output.boxes[place] = memory.corners[static_cast<std::size_t>(box)];
      output.classes[place] = static_cast<float>(label);
      output.scores[place] = score(box, label);
    }
  }
  return picked;
}

}  // namespace reference
}  // namespace dlpu::inline DLPU_ABI
