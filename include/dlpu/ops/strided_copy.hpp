#pragma once

/// The kernel that slices, splits, transpositions and blocks of space or depth share, for callers that bring their own
/// buffers.

#include <cstdint>
#include <span>

#include "dlpu/kernels/reference/strided_copy.hpp"
#include "dlpu/ops/shape_rule.hpp"

namespace dlpu::inline DLPU_ABI {
namespace kernels {

/// An operator that only moves elements of one input, on one shape. `Op` has `walk(input, output)`: which elements the
/// output of that number holds. `Storage` is any element type.
///
///     dlpu::kernels::Slice<float> slice{{.begin = {0, 8}, .size = {1, 16}}, {1, 32}};
///     slice.run(input, output);
template <class Op, class Storage>
class StridedCopy {
 public:
  constexpr StridedCopy(const Op& op, const Shape& input, std::int32_t output = 0)
      : walk_(op.walk(input, output).folded()) {}

  /// Row-major tensors that do not overlap, with as many elements as the shapes have.
  constexpr void run(std::span<const Storage> input, std::span<Storage> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(walk_.runs() * walk_.run));
    reference::strided_copy(walk_, input.data(), output.data());
  }

 private:
  reference::StridedWalk walk_;
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
