/*
 * insights_time_functions.c: functions of moments.
 *
 * A period is a number of milliseconds, or a negative number of months.  Periods of milliseconds begin at
 * 1970, weeks on Thursday as it was then; periods of months begin in January of year 0.
 */
#include "insights_functions.h"

#include "insights_row.h"

#include <math.h>

typedef struct insights_value value;

enum { MONTHS = 12 };
static const double day_ms = 86400e3;

/*
 * ---- the calendar: days since 1970 of the proleptic Gregorian calendar (Hinnant, "chrono-compatible") ----
 */

static double days_of_month(double year, double month)
{
    double y = year - (month <= 2);
    double era = floor(y / 400), of_era = y - era * 400;
    double of_year = floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5);

    return era * 146097 + of_era * 365 + floor(of_era / 4) - floor(of_era / 100) + of_year - 719468;
}

/* The number of months since January of year 0. */
static double months_of_day(double day)
{
    double shifted = day + 719468, era = floor(shifted / 146097), of_era = shifted - era * 146097;
    double year_of_era =
        floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365);
    double of_year = of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100));
    double shifted_month = floor((5 * of_year + 2) / 153);
    double month = shifted_month + (shifted_month < 10 ? 3 : -9);

    return (year_of_era + era * 400 + (month <= 2)) * MONTHS + month - 1;
}

static double ms_of_months(double months)
{
    return days_of_month(floor(months / MONTHS), fmod(months, MONTHS) + 1) * day_ms;
}

/* The begin of the period with that moment, or of a later one. */
static double begin_of(double ms, double period, double later)
{
    if (period > 0)
        return (floor(ms / period) + later) * period;
    double months = months_of_day(floor(ms / day_ms));
    return ms_of_months((floor(months / -period) + later) * -period);
}

/* ---- functions ---- */

static bool moment_and_period(const value *arguments, double *ms, double *period)
{
    return logs_insights_is_number(&arguments[0], ms) && logs_insights_is_number(&arguments[1], period) &&
           fabs(*ms) < 8.64e15;
}

static value date_floor(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    double ms, period;

    (void)evaluation;
    (void)count;
    return moment_and_period(arguments, &ms, &period) ? logs_insights_time(begin_of(ms, period, 0))
                                                      : (value){0};
}

static value date_ceil(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    double ms, period;

    (void)evaluation;
    (void)count;
    if (!moment_and_period(arguments, &ms, &period))
        return (value){0};
    double floor_ms = begin_of(ms, period, 0);
    return logs_insights_time(floor_ms == ms ? ms : begin_of(ms, period, 1));
}

/* bin(period): of the event's moment. */
static value bin(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    const value moment_first[] = {logs_insights_event_time(evaluation->row), arguments[0]};

    return date_floor(evaluation, moment_first, count + 1);
}

static value from_millis(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    double ms;

    (void)evaluation;
    (void)count;
    return logs_insights_is_number(&arguments[0], &ms) ? logs_insights_time(ms) : (value){0};
}

static value to_millis(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    double ms;

    (void)evaluation;
    (void)count;
    return logs_insights_is_number(&arguments[0], &ms) ? logs_insights_number(ms) : (value){0};
}

/* The seconds since 1970, as on AWS. */
static value now(struct insights_evaluation *evaluation, const value *arguments, size_t count)
{
    (void)arguments;
    (void)count;
    return logs_insights_number(floor((double)evaluation->now_ms / 1000));
}

const struct insights_function logs_insights_time_functions[] = {
    {"bin", 1, 1, bin, true},
    {"datefloor", 2, 2, date_floor, true},
    {"dateceil", 2, 2, date_ceil, true},
    {"frommillis", 1, 1, from_millis, false},
    {"tomillis", 1, 1, to_millis, false},
    {"now", 0, 0, now, false},
    {NULL, 0, 0, NULL, false},
};
