# SPDX-License-Identifier: Apache-2.0
# What a parser of foreign files owes its users: an overrun of the stack or of a known buffer ends the
# process instead of running the sender's code, addresses of functions cannot be rewritten, and no
# path of the build machine is in a binary. tests/package/check_hardening.sh asserts the outcome.
include(CheckCXXCompilerFlag)

function(edgefirst_harden flag)
  string(MAKE_C_IDENTIFIER "EDGEFIRST_HAS${flag}" known)
  check_cxx_compiler_flag("${flag}" ${known})
  if(${known})
    add_compile_options("${flag}")
  endif()
endfunction()

# Sanitizers and fuzzers find more, and Windows and macOS harden by default.
option(EDGEFIRST_HARDEN "Harden binaries for Linux; OFF shows what it costs" ON)
set(EDGEFIRST_HARDENED FALSE)
if(EDGEFIRST_HARDEN AND UNIX AND NOT APPLE AND NOT EDGEFIRST_SANITIZE AND NOT EDGEFIRST_FUZZERS)
  set(EDGEFIRST_HARDENED TRUE)
endif()

macro(edgefirst_harden_everything)
  if(NOT MSVC)  # the last map that fits a path decides
    add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}=."
                        "-ffile-prefix-map=${PROJECT_BINARY_DIR}=./build")
  endif()
  if(EDGEFIRST_HARDENED)
    edgefirst_harden(-fstack-protector-strong)
    edgefirst_harden(-fstack-clash-protection)
    # Fortified functions need an optimising compiler.
    add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
      edgefirst_harden(-fcf-protection=full)  # CET: indirect branches land on endbr64
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
      edgefirst_harden(-mbranch-protection=standard)  # BTI and signed return addresses
    endif()
    add_link_options("LINKER:-z,relro" "LINKER:-z,now")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # other linkers have no executable stack by default
      add_link_options("LINKER:-z,noexecstack")
    endif()
  endif()
endmacro()

# Marks a shared library of ours as ready for CET. The linker drops the mark where a single input lacks
# it, as the C library's crti.o does on Debian. All that crti.o brings is _init and _fini, which do
# nothing for a library with constructors in .init_array: they are not called here.
function(edgefirst_mark_for_cet target)
  if(EDGEFIRST_HARDENED AND EDGEFIRST_HAS_fcf_protection_full AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_link_options(${target} PRIVATE "LINKER:-z,ibt,-z,shstk"
                        "LINKER:-init=edgefirst_no_init,-fini=edgefirst_no_fini")
  endif()
endfunction()
