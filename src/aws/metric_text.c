#include "aws/metric_text.h"

enum { SPACE = 0x20, DELETE = 0x7f };

bool metric_text_is_ascii(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] > DELETE)
            return false;
    return true;
}

bool metric_text_is_valid(str text)
{
    bool blank = true;

    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < SPACE || c >= DELETE)
            return false;
        blank = blank && c == SPACE;
    }
    return !blank;
}

bool metric_dimension_name_is_valid(str name)
{
    return metric_text_is_valid(name) && name.data[0] != ':';
}
