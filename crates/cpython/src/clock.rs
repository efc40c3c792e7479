//! The types of Python's `datetime` to and from the parts that messages hold.

use anabranch_kernel::value::{Date, Time, TimeDelta, Zone};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyTime, PyTimeAccess, PyTuple,
    PyTzInfo,
};

use crate::well_known;

const DAY_SECONDS: i64 = 86_400;
const SECOND_MICROSECONDS: i64 = 1_000_000;

/// The day of a `date` or `datetime`.
pub(crate) fn date(object: &Bound<'_, PyAny>) -> PyResult<Date> {
    let date = object.cast::<PyDate>()?;
    let year = u16::try_from(date.get_year()).expect("Python's years end at 9999");
    Ok(Date { year, month: date.get_month(), day: date.get_day() })
}

/// The time of a `time` or `datetime`; `None` if its zone has no encoding.
pub(crate) fn time(object: &Bound<'_, PyAny>) -> PyResult<Option<Time>> {
    let Some(zone) = zone(&object.getattr(intern!(object.py(), "tzinfo"))?)? else {
        return Ok(None);
    };
    let time = if let Ok(time) = object.cast::<PyDateTime>() {
        time_of_day(time, zone)
    } else {
        time_of_day(object.cast::<PyTime>()?, zone)
    };
    Ok(Some(time))
}

fn time_of_day(time: &impl PyTimeAccess, zone: Zone) -> Time {
    Time {
        hour: time.get_hour(),
        minute: time.get_minute(),
        second: time.get_second(),
        microsecond: time.get_microsecond(),
        fold: time.get_fold(),
        zone,
    }
}

fn zone(tzinfo: &Bound<'_, PyAny>) -> PyResult<Option<Zone>> {
    let py = tzinfo.py();
    if tzinfo.is_none() {
        return Ok(Some(Zone::Naive));
    }
    let class = tzinfo.get_type();
    if class.is(well_known::timezone(py)?) {
        let arguments = tzinfo.call_method0(intern!(py, "__getinitargs__"))?;
        let arguments = arguments.cast::<PyTuple>()?;
        // A second argument is a name, which messages do not hold.
        if arguments.len() != 1 {
            return Ok(None);
        }
        let offset = time_delta(&arguments.get_item(0)?)?;
        let seconds = i64::from(offset.days) * DAY_SECONDS + i64::from(offset.seconds);
        let microseconds = seconds * SECOND_MICROSECONDS + i64::from(offset.microseconds);
        return Ok(Some(Zone::Offset { microseconds }));
    }
    if class.is(well_known::zone_info(py)?) {
        let key: Option<String> = tzinfo.getattr(intern!(py, "key"))?.extract()?;
        return Ok(key.map(Zone::Named));
    }
    Ok(None)
}

/// The parts of a `timedelta`.
pub(crate) fn time_delta(object: &Bound<'_, PyAny>) -> PyResult<TimeDelta> {
    let delta = object.cast::<PyDelta>()?;
    Ok(TimeDelta {
        days: delta.get_days(),
        seconds: delta.get_seconds(),
        microseconds: delta.get_microseconds(),
    })
}

pub(crate) fn new_date(py: Python<'_>, date: Date) -> PyResult<Bound<'_, PyAny>> {
    Ok(PyDate::new(py, date.year.into(), date.month, date.day)?.into_any())
}

pub(crate) fn new_time<'py>(py: Python<'py>, time: &Time) -> PyResult<Bound<'py, PyAny>> {
    let zone = new_zone(py, &time.zone)?;
    let Time { hour, minute, second, microsecond, fold, .. } = *time;
    let time = PyTime::new_with_fold(py, hour, minute, second, microsecond, zone.as_ref(), fold)?;
    Ok(time.into_any())
}

pub(crate) fn new_date_time<'py>(
    py: Python<'py>,
    date: Date,
    time: &Time,
) -> PyResult<Bound<'py, PyAny>> {
    let zone = new_zone(py, &time.zone)?;
    let date_time = PyDateTime::new_with_fold(
        py,
        date.year.into(),
        date.month,
        date.day,
        time.hour,
        time.minute,
        time.second,
        time.microsecond,
        zone.as_ref(),
        time.fold,
    )?;
    Ok(date_time.into_any())
}

pub(crate) fn new_time_delta(py: Python<'_>, delta: TimeDelta) -> PyResult<Bound<'_, PyAny>> {
    let TimeDelta { days, seconds, microseconds } = delta;
    Ok(PyDelta::new(py, days, seconds, microseconds, false)?.into_any())
}

fn new_zone<'py>(py: Python<'py>, zone: &Zone) -> PyResult<Option<Bound<'py, PyTzInfo>>> {
    match zone {
        Zone::Naive => Ok(None),
        Zone::Offset { microseconds } => {
            let seconds = microseconds.div_euclid(SECOND_MICROSECONDS);
            let (days, seconds) =
                (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
            let part = |part: i64| i32::try_from(part).expect("less than a day");
            let offset = TimeDelta {
                days: part(days),
                seconds: part(seconds),
                microseconds: part(microseconds.rem_euclid(SECOND_MICROSECONDS)),
            };
            let offset = new_time_delta(py, offset)?;
            Ok(Some(well_known::timezone(py)?.call1((offset,))?.cast_into()?))
        }
        Zone::Named(name) => Ok(Some(well_known::zone_info(py)?.call1((name,))?.cast_into()?)),
    }
}
