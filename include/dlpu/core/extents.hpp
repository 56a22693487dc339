#pragma once

/// Compile-time shapes: each dimension is a number or `dynamic`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "dlpu/core/shape.hpp"

namespace dlpu::inline DLPU_ABI {

/// A dimension that is only known at run time.
inline constexpr std::int32_t dynamic = -1;

/// Dimensions, outermost first (`Extents<1, 96, 96, 3>` is NHWC; filters are OHWI). Only the dynamic
/// dimensions take space in the object; a fully static one is empty.
template <std::int32_t... Dims>
class Extents {
  static_assert(((Dims == dynamic || Dims >= 0) && ...),
                "Extents: a dimension is negative; write a size or dlpu::dynamic");
  static_assert(sizeof...(Dims) <= Shape::max_rank, "Extents: dlpu tensors have at most six dimensions");

 public:
  static constexpr std::size_t rank = sizeof...(Dims);
  static constexpr std::array<std::int32_t, rank> static_dims{Dims...};
  static constexpr std::size_t dynamic_rank = (std::size_t{0} + ... + (Dims == dynamic ? 1 : 0));
  static constexpr bool is_static = dynamic_rank == 0;

  constexpr Extents() = default;

  /// The sizes of the dynamic dimensions, in order.
  template <class... Sizes>
  requires(sizeof...(Sizes) == dynamic_rank && dynamic_rank > 0) constexpr explicit Extents(Sizes... sizes)
      : dynamic_dims_{static_cast<std::int32_t>(sizes)...} {}

  [[nodiscard]] constexpr std::int32_t extent(std::size_t axis) const {
    DLPU_ASSERT(axis < rank);
    if (static_dims[axis] != dynamic) return static_dims[axis];
    if constexpr (!is_static) {
      std::size_t slot = 0;
      for (std::size_t i = 0; i < axis; ++i) slot += static_dims[i] == dynamic ? 1u : 0u;
      return dynamic_dims_[slot];
    }
    return 0;
  }

  /// Number of elements.
  [[nodiscard]] constexpr std::size_t size() const {
    std::size_t count = 1;
    for (std::size_t i = 0; i < rank; ++i) count *= static_cast<std::size_t>(extent(i));
    return count;
  }

  /// Row-major offset of an element, in elements.
  template <class... Index>
  requires(sizeof...(Index) == rank) [[nodiscard]] constexpr std::size_t offset(Index... index) const {
    std::size_t result = 0, axis = 0;
    ((DLPU_ASSERT(static_cast<std::int64_t>(index) >= 0 && static_cast<std::int64_t>(index) < extent(axis)),
      result = result * static_cast<std::size_t>(extent(axis)) + static_cast<std::size_t>(index), ++axis),
     ...);
    return result;
  }

  [[nodiscard]] constexpr Shape shape() const {
    Shape result;
    for (std::size_t i = 0; i < rank; ++i) result.push_back(extent(i));
    return result;
  }

  friend constexpr bool operator==(const Extents&, const Extents&) = default;

 private:
  struct None {  // `std::array` of no elements would take a byte
    friend constexpr bool operator==(None, None) = default;
  };
  [[no_unique_address]] std::conditional_t<is_static, None, std::array<std::int32_t, dynamic_rank>> dynamic_dims_{};
};

namespace detail {
template <class Holder, class Sequence>
struct extents_of;
template <class Holder, std::size_t... I>
struct extents_of<Holder, std::index_sequence<I...>> {
  using type = Extents<Holder::shape.dims[I]...>;
};
}  // namespace detail

/// The static extents of `Holder::shape`, a constant. The shape is not the template argument itself, because g++ 12
/// fails on computed arguments of class type.
template <class Holder>
using ExtentsOf =
    typename detail::extents_of<Holder, std::make_index_sequence<static_cast<std::size_t>(Holder::shape.rank)>>::type;

}  // namespace dlpu::inline DLPU_ABI
