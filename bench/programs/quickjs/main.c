/* Runs the script that is built in on QuickJS alone: bench.start and bench.end stand around the evaluation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"

__attribute__((import_module("bench"), import_name("start"))) void bench_start(void);
__attribute__((import_module("bench"), import_name("end"))) void bench_end(void);

static const char script[] = {
#embed "script.js"
    , 0};

static JSValue print(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv) {
    for (int i = 0; i < argc; i++) {
        const char *text = JS_ToCString(ctx, argv[i]);
        if (!text) {
            return JS_EXCEPTION;
        }
        printf("%s%s", i ? " " : "", text);
        JS_FreeCString(ctx, text);
    }
    putchar('\n');
    return JS_UNDEFINED;
}

int main(void) {
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *ctx = JS_NewContext(runtime);
    JSValue global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, "print", JS_NewCFunction(ctx, print, "print", 1));
    JS_FreeValue(ctx, global);
    bench_start();
    JSValue result = JS_Eval(ctx, script, strlen(script), "script.js", JS_EVAL_TYPE_GLOBAL);
    bench_end();
    if (JS_IsException(result)) {
        const char *text = JS_ToCString(ctx, JS_GetException(ctx));
        printf("exception: %s\n", text ? text : "?");
        return 1;
    }
    return 0;
}
