// expect: Extents: a dimension is negative; write a size or dlpu::dynamic
// errors: 1

#include "dlpu/core/extents.hpp"

#if DLPU_BAD
constexpr dlpu::Extents<1, -3> extents{};
#else
constexpr dlpu::Extents<1, 3> extents{};
#endif
[[maybe_unused]] constexpr auto copy = extents;
