/* ctrl_c LOG COMMAND...: starts a command in a console, with its output in LOG; at the first byte of
 * standard input sends Ctrl-C to it, and exits as it does. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static BOOL WINAPI stay(DWORD event) {
    (void)event;
    return TRUE;
}

int main(int count, char **words) {
    static char line[4096];
    for (int word = 2; word < count; word++) {
        if (strlen(line) + strlen(words[word]) + 4 > sizeof line) return 99;
        sprintf(line + strlen(line), "\"%s\" ", words[word]);
    }
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    start.hStdError = CreateFileA(words[1], GENERIC_WRITE, FILE_SHARE_READ, &inherited, CREATE_ALWAYS, 0, NULL);
    start.hStdOutput = start.hStdError;
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) return 98;
    getchar();
    SetConsoleCtrlHandler(stay, TRUE);
    if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) return 97;
    if (WaitForSingleObject(process.hProcess, 15000) != WAIT_OBJECT_0) {
        TerminateProcess(process.hProcess, 96);
        return 96;
    }
    DWORD code = 95;
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
