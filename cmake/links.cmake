# Which room uses which library beside the ones that all share.
function(ferry_link room)
  string(REPLACE "/" "_" target ${room})
  get_target_property(kind ${target} TYPE)
  if(NOT kind STREQUAL "INTERFACE_LIBRARY")
    target_link_libraries(${target} PUBLIC ${ARGN})
  endif()
endfunction()

ferry_link(base/settings ${YAML})
ferry_link(base/net OpenSSL::SSL)
ferry_link(base/schema ${PCRE2_8})
ferry_link(base/db ${SQLITE3} ${CMAKE_DL_LIBS} m)
ferry_link(infer/template ${UTF8PROC})
ferry_link(infer/tokenizer ${PCRE2_8} ${UTF8PROC})
ferry_link(infer/grammar ${UTF8PROC})
ferry_link(serve/traffic OpenSSL::Crypto)
ferry_link(serve/guard ${UTF8PROC})
ferry_link(serve/accounts OpenSSL::Crypto)
ferry_link(serve/route OpenSSL::Crypto)
ferry_link(app/cli CLI11::CLI11 ${EDIT} ${TINFO} ${BSD} ${MD})

# Kernels say themselves where a product and a sum are rounded once (fma): the compiler joining others, in one copy
# of a loop and not in the next, would let bits depend on the number of rows.
target_compile_options(infer_kernels PRIVATE -ffp-contract=off)
