// SPDX-License-Identifier: Apache-2.0
// tests/cli/json_ok.c - reads standard input: it must be JSON objects, one after the other, no key twice in any.
// `json_ok KEY...` also asks for these keys in each. Says how many objects there were.
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>

// False at the end of the input.
static int more(void)
{
    int c;
    while ((c = getchar()) != EOF && isspace(c))
        ;
    return c != EOF && ungetc(c, stdin) != EOF;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int bad = 0;
    while (more()) {
        json_error_t error;
        json_t *value = json_loadf(stdin, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
        if (!json_is_object(value)) {
            printf("value %zu is no JSON object: %s\n", count + 1, value ? "it is of another kind" : error.text);
            json_decref(value);
            return 1;
        }
        count++;
        for (int k = 1; k < argc; k++)
            if (!json_object_get(value, argv[k])) {
                printf("object %zu has no \"%s\"\n", count, argv[k]);
                bad = 1;
            }
        json_decref(value);
    }
    printf("%zu object%s\n", count, count == 1 ? "" : "s");
    return bad || count == 0;
}
