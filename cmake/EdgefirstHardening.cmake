# SPDX-License-Identifier: Apache-2.0
# What a parser of foreign files owes its users: overruns of the stack and of known buffers end the
# process instead of running the sender's code, addresses of functions cannot be rewritten, and no
# path of the build machine is in a binary. tests/package/check_hardening.py asserts the outcome.
include(CheckCXXCompilerFlag)

function(edgefirst_harden flag)
  string(MAKE_C_IDENTIFIER "EDGEFIRST_HAS${flag}" known)
  check_cxx_compiler_flag("${flag}" ${known})
  if(${known})
    add_compile_options("${flag}")
  endif()
endfunction()

macro(edgefirst_harden_everything)
  if(NOT MSVC)
    add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
  endif()
  if(UNIX AND NOT APPLE AND NOT EDGEFIRST_SANITIZE AND NOT EDGEFIRST_FUZZERS)
    edgefirst_harden(-fstack-protector-strong)
    edgefirst_harden(-fstack-clash-protection)
    # Fortified functions need an optimising compiler.
    add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
      edgefirst_harden(-fcf-protection=full)  # CET: indirect branches land on endbr64
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
      edgefirst_harden(-mbranch-protection=standard)  # BTI and signed return addresses
    endif()
    add_link_options("LINKER:-z,relro" "LINKER:-z,now" "LINKER:-z,noexecstack")
  endif()
endmacro()
