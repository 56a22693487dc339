# The libraries that some headers include: xsimd (kernels/portable) and Eigen (float paths; neither core nor ops). Both
# are header-only. Included from the build and from the installed package, so that both look in the same way.

macro(dlpu_find_dependencies)
  add_library(dlpu_dependencies INTERFACE IMPORTED)
  # Not xsimd's CMake package: Debian's asks for xtl, which dlpu does not use.
  find_path(DLPU_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp)
  mark_as_advanced(DLPU_XSIMD_INCLUDE_DIR)
  if(DLPU_XSIMD_INCLUDE_DIR)
    set_property(TARGET dlpu_dependencies APPEND PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${DLPU_XSIMD_INCLUDE_DIR}")
  else()
    message(WARNING "dlpu: xsimd was not found; set DLPU_XSIMD_INCLUDE_DIR or install it (Debian: libxsimd-dev)")
  endif()
  find_package(Eigen3 3.4 QUIET CONFIG)
  if(TARGET Eigen3::Eigen)
    set_property(TARGET dlpu_dependencies APPEND PROPERTY INTERFACE_LINK_LIBRARIES Eigen3::Eigen)
  endif()
endmacro()
