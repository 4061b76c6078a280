import { Injectable } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { Tool } from '../decorated/tool.decorator.js';
import { inZone, instantOf, zoneNamed, type ZonedTime } from './time-zones.js';

const ZONE = 'A time zone of the IANA database, such as Europe/Berlin.';

class NowArguments {
  @ApiPropertyOptional({ default: 'UTC', description: ZONE })
  @IsOptional()
  @MaxLength(64)
  @IsNotEmpty()
  @IsString()
  time_zone?: string;
}

class ConvertArguments {
  @ApiProperty({
    description: 'A date and time, such as 2026-11-23T09:30 or 2026-11-23T09:30:00+01:00.',
  })
  @MaxLength(64)
  @IsNotEmpty()
  @IsString()
  time: string;

  @ApiPropertyOptional({
    default: 'UTC',
    description: `${ZONE} What \`time\` is in, unless it has an offset.`,
  })
  @IsOptional()
  @MaxLength(64)
  @IsNotEmpty()
  @IsString()
  from_time_zone?: string;

  @ApiProperty({ description: ZONE })
  @MaxLength(64)
  @IsNotEmpty()
  @IsString()
  to_time_zone: string;
}

/** Tools that tell the time. */
@Injectable()
export class Clock {
  /** Milliseconds since the epoch; another one in tests. */
  now: () => number = Date.now;

  @Tool({
    description: 'The current date and time, with the weekday.',
    parameters: NowArguments,
    idempotent: true,
  })
  currentTime({ time_zone: zone = 'UTC' }: NowArguments): ZonedTime {
    return inZone(this.now(), zoneNamed(zone));
  }

  @Tool({
    description: 'Tells what time it is in one time zone when it is some time in another one.',
    parameters: ConvertArguments,
    idempotent: true,
  })
  convertTime({
    time,
    from_time_zone: from = 'UTC',
    to_time_zone: to,
  }: ConvertArguments): ZonedTime & { note?: string } {
    const zone = zoneNamed(to);
    const { instant, note } = instantOf(time, zoneNamed(from));
    return { ...inZone(instant, zone), ...(note !== undefined && { note }) };
  }
}
