# The installed package: headers, dlpuConfig.cmake, dlpu.pc.

include(CMakePackageConfigHelpers)

install(DIRECTORY include/dlpu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS dlpu EXPORT dlpuTargets)

set(package_folder ${CMAKE_INSTALL_DATADIR}/cmake/dlpu)
install(EXPORT dlpuTargets NAMESPACE dlpu:: DESTINATION ${package_folder})
configure_package_config_file(cmake/dlpuConfig.cmake.in dlpuConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(dlpuConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/dlpuConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/dlpuConfigVersion.cmake
              cmake/dependencies.cmake
        DESTINATION ${package_folder})

set(pc_cflags "")
if(TARGET Eigen3::Eigen)
  get_target_property(eigen_folder Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
  string(APPEND pc_cflags " -I${eigen_folder}")
endif()
configure_file(cmake/dlpu.pc.in dlpu.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/dlpu.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
