/* Runs the script that is built in on Lua's engine: bench.start and bench.end stand around the run. */
#include <stdio.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

__attribute__((import_module("bench"), import_name("start"))) void bench_start(void);
__attribute__((import_module("bench"), import_name("end"))) void bench_end(void);

static const char script[] = {
#embed "script.lua"
};

static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},
    {LUA_TABLIBNAME, luaopen_table},
    {LUA_STRLIBNAME, luaopen_string},
    {LUA_MATHLIBNAME, luaopen_math},
};

int main(void) {
    lua_State *L = luaL_newstate();
    for (unsigned i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    if (luaL_loadbuffer(L, script, sizeof script, "script.lua")) {
        printf("%s\n", lua_tostring(L, -1));
        return 1;
    }
    bench_start();
    lua_call(L, 0, 0);
    bench_end();
    return 0;
}
