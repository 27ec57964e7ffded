/* bcryptprimitives.dll, which wine 8 lacks: the one function that Rust's standard library wants. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
    return RtlGenRandom(buffer, (ULONG)length);
}
