// RUN: rfx-opt -p canonicalize %s | filecheck %s
// The rules of arithmetic, then folds, data movement, dtypes, sizes, and maps. Cases named
// _stays break one precondition of the rule before them.

// CHECK-LABEL: @mul_one(
// CHECK-NEXT: func.return %x
func.func @mul_one(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<1.0> : tensor<4xf32>
  %0 = rfx.mul %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @mul_one_commuted(
// CHECK-NEXT: func.return %x
func.func @mul_one_commuted(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<1.0> : tensor<4xf32>
  %0 = rfx.mul %c, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @mul_one_multi_use(
// CHECK-NEXT: {{.*}}rfx.add %x, %x
// CHECK-NEXT: func.return
func.func @mul_one_multi_use(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<1.0> : tensor<4xf32>
  %1 = rfx.mul %x, %c : tensor<4xf32>
  %0 = rfx.add %1, %1 : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @mul_other(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.mul %x
// CHECK-NEXT: func.return
func.func @mul_other(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<1.5> : tensor<4xf32>
  %0 = rfx.mul %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @mul_minus_one(
// CHECK-NEXT: {{.*}}rfx.neg %x
// CHECK-NEXT: func.return
func.func @mul_minus_one(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<-1.0> : tensor<4xf32>
  %0 = rfx.mul %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @mul_zero_of_integers(
// CHECK-NEXT: %[[C:.*]] = rfx.constant dense<0>
// CHECK-NEXT: func.return %[[C]]
func.func @mul_zero_of_integers(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<0> : tensor<4xi32>
  %0 = rfx.mul %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @mul_zero_of_floats_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.mul
// CHECK-NEXT: func.return
func.func @mul_zero_of_floats_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.mul %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @mul_of_negs(
// CHECK-NEXT: {{.*}}rfx.mul %x, %y
// CHECK-NEXT: func.return
func.func @mul_of_negs(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.neg %x : tensor<4xf32>
  %2 = rfx.neg %y : tensor<4xf32>
  %0 = rfx.mul %1, %2 : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @add_minus_zero(
// CHECK-NEXT: func.return %x
func.func @add_minus_zero(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<-0.0> : tensor<4xf32>
  %0 = rfx.add %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @add_zero_of_floats_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.add
// CHECK-NEXT: func.return
func.func @add_zero_of_floats_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.add %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @add_zero_of_integers(
// CHECK-NEXT: func.return %x
func.func @add_zero_of_integers(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<0> : tensor<4xi32>
  %0 = rfx.add %c, %x : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @add_neg(
// CHECK-NEXT: {{.*}}rfx.sub %x, %y
// CHECK-NEXT: func.return
func.func @add_neg(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.neg %y : tensor<4xf32>
  %0 = rfx.add %x, %1 : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @add_neg_commuted(
// CHECK-NEXT: {{.*}}rfx.sub %x, %y
// CHECK-NEXT: func.return
func.func @add_neg_commuted(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.neg %y : tensor<4xf32>
  %0 = rfx.add %1, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @add_regroups_integers(
// CHECK-NEXT: {{.*}}rfx.constant dense<7>
// CHECK-NEXT: {{.*}}rfx.add %x
// CHECK-NEXT: func.return
func.func @add_regroups_integers(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<3> : tensor<4xi32>
  %d = rfx.constant dense<4> : tensor<4xi32>
  %1 = rfx.add %x, %c : tensor<4xi32>
  %0 = rfx.add %1, %d : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @add_regroups_no_floats(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.add
// CHECK-NEXT: {{.*}}rfx.add
// CHECK-NEXT: func.return
func.func @add_regroups_no_floats(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<3.0> : tensor<4xf32>
  %d = rfx.constant dense<4.0> : tensor<4xf32>
  %1 = rfx.add %x, %c : tensor<4xf32>
  %0 = rfx.add %1, %d : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @sub_zero(
// CHECK-NEXT: func.return %x
func.func @sub_zero(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.sub %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @sub_minus_zero_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.sub
// CHECK-NEXT: func.return
func.func @sub_minus_zero_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<-0.0> : tensor<4xf32>
  %0 = rfx.sub %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @sub_from_minus_zero(
// CHECK-NEXT: {{.*}}rfx.neg %x
// CHECK-NEXT: func.return
func.func @sub_from_minus_zero(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<-0.0> : tensor<4xf32>
  %0 = rfx.sub %c, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @sub_from_zero_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.sub
// CHECK-NEXT: func.return
func.func @sub_from_zero_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.sub %c, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @sub_itself_of_integers(
// CHECK-NEXT: {{.*}}rfx.constant dense<0>
// CHECK-NEXT: func.return
func.func @sub_itself_of_integers(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %0 = rfx.sub %x, %x : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @sub_itself_of_floats_stays(
// CHECK-NEXT: {{.*}}rfx.sub
// CHECK-NEXT: func.return
func.func @sub_itself_of_floats_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.sub %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @sub_neg(
// CHECK-NEXT: {{.*}}rfx.add %x, %y
// CHECK-NEXT: func.return
func.func @sub_neg(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.neg %y : tensor<4xf32>
  %0 = rfx.sub %x, %1 : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @div_power_of_two(
// CHECK-NEXT: {{.*}}rfx.constant dense<0.25>
// CHECK-NEXT: {{.*}}rfx.mul %x
// CHECK-NEXT: func.return
func.func @div_power_of_two(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<4.0> : tensor<4xf32>
  %0 = rfx.div %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @div_other_stays(
// CHECK-NEXT: {{.*}}rfx.constant dense<3.0>
// CHECK-NEXT: {{.*}}rfx.div %x
// CHECK-NEXT: func.return
func.func @div_other_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<3.0> : tensor<4xf32>
  %0 = rfx.div %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @div_itself_stays(
// CHECK-NEXT: {{.*}}rfx.div %x, %x
// CHECK-NEXT: func.return
func.func @div_itself_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.div %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// 2^-149: its inverse is no f32.
// CHECK-LABEL: @div_inverse_is_infinite(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.div %x
// CHECK-NEXT: func.return
func.func @div_inverse_is_infinite(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<1.0e-45> : tensor<4xf32>
  %0 = rfx.div %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @floor_div_power_of_two(
// CHECK-NEXT: {{.*}}rfx.constant dense<3>
// CHECK-NEXT: {{.*}}rfx.shr %x
// CHECK-NEXT: func.return
func.func @floor_div_power_of_two(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<8> : tensor<4xi32>
  %0 = rfx.floor_div %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @floor_div_negative_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.floor_div %x
// CHECK-NEXT: func.return
func.func @floor_div_negative_stays(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<-8> : tensor<4xi32>
  %0 = rfx.floor_div %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @rem_power_of_two(
// CHECK-NEXT: {{.*}}rfx.constant dense<7>
// CHECK-NEXT: {{.*}}rfx.and %x
// CHECK-NEXT: func.return
func.func @rem_power_of_two(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<8> : tensor<4xi32>
  %0 = rfx.rem %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @rem_other_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.rem %x
// CHECK-NEXT: func.return
func.func @rem_other_stays(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<6> : tensor<4xi32>
  %0 = rfx.rem %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @rem_of_floats_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.rem %x
// CHECK-NEXT: func.return
func.func @rem_of_floats_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<8.0> : tensor<4xf32>
  %0 = rfx.rem %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @pow_zero(
// CHECK-NEXT: {{.*}}rfx.constant dense<1.0>
// CHECK-NEXT: func.return
func.func @pow_zero(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.pow %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @pow_one(
// CHECK-NEXT: func.return %x
func.func @pow_one(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<1.0> : tensor<4xf32>
  %0 = rfx.pow %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @pow_two(
// CHECK-NEXT: {{.*}}rfx.square %x
// CHECK-NEXT: func.return
func.func @pow_two(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<2.0> : tensor<4xf32>
  %0 = rfx.pow %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @pow_minus_one(
// CHECK-NEXT: %[[ONE:.*]] = rfx.constant dense<1.0>
// CHECK-NEXT: {{.*}}rfx.div %[[ONE]], %x
// CHECK-NEXT: func.return
func.func @pow_minus_one(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<-1.0> : tensor<4xf32>
  %0 = rfx.pow %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @pow_minus_one_of_integers_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.pow
// CHECK-NEXT: func.return
func.func @pow_minus_one_of_integers_stays(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<-1> : tensor<4xi32>
  %0 = rfx.pow %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @pow_half_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.pow
// CHECK-NEXT: func.return
func.func @pow_half_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.5> : tensor<4xf32>
  %0 = rfx.pow %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @neg_neg(
// CHECK-NEXT: func.return %x
func.func @neg_neg(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.neg %x : tensor<4xf32>
  %0 = rfx.neg %1 : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @abs_neg(
// CHECK-NEXT: {{.*}}rfx.abs %x
// CHECK-NEXT: func.return
func.func @abs_neg(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.neg %x : tensor<4xf32>
  %0 = rfx.abs %1 : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @abs_of_unsigned(
// CHECK-NEXT: func.return %x
func.func @abs_of_unsigned(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xui8> {
  %0 = rfx.abs %x : tensor<4xui8>
  func.return %0 : tensor<4xui8>
}

// CHECK-LABEL: @square_abs(
// CHECK-NEXT: {{.*}}rfx.square %x
// CHECK-NEXT: func.return
func.func @square_abs(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.abs %x : tensor<4xf32>
  %0 = rfx.square %1 : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @minimum_of_itself(
// CHECK-NEXT: func.return %x
func.func @minimum_of_itself(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.minimum %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @minimum_of_two_stays(
// CHECK-NEXT: {{.*}}rfx.minimum %x, %y
// CHECK-NEXT: func.return
func.func @minimum_of_two_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.minimum %x, %y : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @and_zero(
// CHECK-NEXT: {{.*}}rfx.constant dense<0>
// CHECK-NEXT: func.return
func.func @and_zero(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<0> : tensor<4xi32>
  %0 = rfx.and %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @or_zero(
// CHECK-NEXT: func.return %x
func.func @or_zero(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<0> : tensor<4xi32>
  %0 = rfx.or %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @xor_zero(
// CHECK-NEXT: func.return %x
func.func @xor_zero(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<0> : tensor<4xi32>
  %0 = rfx.xor %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @and_ones(
// CHECK-NEXT: func.return %x
func.func @and_ones(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<-1> : tensor<4xi32>
  %0 = rfx.and %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @or_ones(
// CHECK-NEXT: {{.*}}rfx.constant dense<-1>
// CHECK-NEXT: func.return
func.func @or_ones(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<-1> : tensor<4xi32>
  %0 = rfx.or %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @xor_ones(
// CHECK-NEXT: {{.*}}rfx.not %x
// CHECK-NEXT: func.return
func.func @xor_ones(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<-1> : tensor<4xi32>
  %0 = rfx.xor %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @xor_itself(
// CHECK-NEXT: {{.*}}rfx.constant dense<0>
// CHECK-NEXT: func.return
func.func @xor_itself(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %0 = rfx.xor %x, %x : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @or_other_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.or %x
// CHECK-NEXT: func.return
func.func @or_other_stays(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<5> : tensor<4xi32>
  %0 = rfx.or %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @not_not(
// CHECK-NEXT: func.return %x
func.func @not_not(%x: tensor<4xi1>, %y: tensor<4xi1>) -> tensor<4xi1> {
  %1 = rfx.not %x : tensor<4xi1>
  %0 = rfx.not %1 : tensor<4xi1>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @shl_zero(
// CHECK-NEXT: func.return %x
func.func @shl_zero(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<0> : tensor<4xi32>
  %0 = rfx.shl %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @shr_one_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.shr %x
// CHECK-NEXT: func.return
func.func @shr_one_stays(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<1> : tensor<4xi32>
  %0 = rfx.shr %x, %c : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @not_lt_of_integers(
// CHECK-NEXT: {{.*}}rfx.ge %x, %y
// CHECK-NEXT: func.return
func.func @not_lt_of_integers(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi1> {
  %1 = rfx.lt %x, %y : tensor<4xi32>
  %0 = rfx.not %1 : tensor<4xi1>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @not_lt_of_floats_stays(
// CHECK-NEXT: {{.*}}rfx.lt
// CHECK-NEXT: {{.*}}rfx.not
// CHECK-NEXT: func.return
func.func @not_lt_of_floats_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xi1> {
  %1 = rfx.lt %x, %y : tensor<4xf32>
  %0 = rfx.not %1 : tensor<4xi1>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @not_eq_of_floats(
// CHECK-NEXT: {{.*}}rfx.ne %x, %y
// CHECK-NEXT: func.return
func.func @not_eq_of_floats(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xi1> {
  %1 = rfx.eq %x, %y : tensor<4xf32>
  %0 = rfx.not %1 : tensor<4xi1>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @constant_less(
// CHECK-NEXT: %[[C:.*]] = rfx.constant
// CHECK-NEXT: {{.*}}rfx.gt %x, %[[C]]
// CHECK-NEXT: func.return
func.func @constant_less(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xi1> {
  %c = rfx.constant dense<2.0> : tensor<4xf32>
  %0 = rfx.lt %c, %x : tensor<4xf32>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @eq_itself_of_integers(
// CHECK-NEXT: {{.*}}rfx.constant dense<true>
// CHECK-NEXT: func.return
func.func @eq_itself_of_integers(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi1> {
  %0 = rfx.eq %x, %x : tensor<4xi32>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @eq_itself_of_floats_stays(
// CHECK-NEXT: {{.*}}rfx.eq
// CHECK-NEXT: func.return
func.func @eq_itself_of_floats_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xi1> {
  %0 = rfx.eq %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @ne_itself_of_floats(
// CHECK-NEXT: {{.*}}rfx.isnan %x
// CHECK-NEXT: func.return
func.func @ne_itself_of_floats(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xi1> {
  %0 = rfx.ne %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @lt_itself_of_floats(
// CHECK-NEXT: {{.*}}rfx.constant dense<false>
// CHECK-NEXT: func.return
func.func @lt_itself_of_floats(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xi1> {
  %0 = rfx.lt %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @select_equal(
// CHECK-NEXT: func.return %x
func.func @select_equal(%b: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.select %b, %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @select_true(
// CHECK-NEXT: func.return %x
func.func @select_true(%b: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<true> : tensor<4xi1>
  %0 = rfx.select %c, %x, %y : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @select_false(
// CHECK-NEXT: func.return %y
func.func @select_false(%b: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<false> : tensor<4xi1>
  %0 = rfx.select %c, %x, %y : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @select_some_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.select
// CHECK-NEXT: func.return
func.func @select_some_stays(%b: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<[true, false, true, true]> : tensor<4xi1>
  %0 = rfx.select %c, %x, %y : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @select_not(
// CHECK-NEXT: {{.*}}rfx.select %b, %y, %x
// CHECK-NEXT: func.return
func.func @select_not(%b: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.not %b : tensor<4xi1>
  %0 = rfx.select %1, %x, %y : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @select_true_false(
// CHECK-NEXT: func.return %b
func.func @select_true_false(%b: tensor<4xi1>, %x: tensor<4xi1>, %y: tensor<4xi1>) -> tensor<4xi1> {
  %c = rfx.constant dense<true> : tensor<4xi1>
  %d = rfx.constant dense<false> : tensor<4xi1>
  %0 = rfx.select %b, %c, %d : tensor<4xi1>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @select_false_true(
// CHECK-NEXT: {{.*}}rfx.not %b
// CHECK-NEXT: func.return
func.func @select_false_true(%b: tensor<4xi1>, %x: tensor<4xi1>, %y: tensor<4xi1>) -> tensor<4xi1> {
  %c = rfx.constant dense<true> : tensor<4xi1>
  %d = rfx.constant dense<false> : tensor<4xi1>
  %0 = rfx.select %b, %d, %c : tensor<4xi1>
  func.return %0 : tensor<4xi1>
}

// CHECK-LABEL: @fold_array(
// CHECK-NEXT: {{.*}}rfx.constant dense<[1.0, 4.0, 9.0, 16.0]>
// CHECK-NEXT: func.return
func.func @fold_array(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = rfx.square %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @fold_in_own_dtype(
// CHECK-NEXT: {{.*}}rfx.constant dense<144>
// CHECK-NEXT: func.return
func.func @fold_in_own_dtype(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xui8> {
  %c = rfx.constant dense<200> : tensor<4xui8>
  %0 = rfx.add %c, %c : tensor<4xui8>
  func.return %0 : tensor<4xui8>
}

// CHECK-LABEL: @fold_division_by_zero(
// CHECK-NEXT: {{.*}}rfx.constant dense<0>
// CHECK-NEXT: func.return
func.func @fold_division_by_zero(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %c = rfx.constant dense<7> : tensor<4xi32>
  %d = rfx.constant dense<0> : tensor<4xi32>
  %0 = rfx.floor_div %c, %d : tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @fold_log_of_minus_one(
// CHECK-NEXT: {{.*}}rfx.constant dense<"0x{{[7f]}}fc00000">
// CHECK-NEXT: func.return
func.func @fold_log_of_minus_one(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<-1.0> : tensor<4xf32>
  %0 = rfx.log %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @fold_big_splat(
// CHECK-NEXT: {{.*}}rfx.constant dense<4.0> : tensor<100000xf32>
// CHECK-NEXT: func.return
func.func @fold_big_splat(%x: tensor<4xf32>) -> tensor<100000xf32> {
  %c = rfx.constant dense<2.0> : tensor<100000xf32>
  %0 = rfx.square %c : tensor<100000xf32>
  func.return %0 : tensor<100000xf32>
}

// CHECK-LABEL: @fold_convert_saturates(
// CHECK-NEXT: {{.*}}rfx.constant dense<[2147483647, -1, 0, 1]>
// CHECK-NEXT: func.return
func.func @fold_convert_saturates(%x: tensor<4xf32>) -> tensor<4xi32> {
  %c = rfx.constant dense<[3.0e+09, -1.5, 0.0, 1.5]> : tensor<4xf32>
  %0 = rfx.convert %c : tensor<4xf32> to tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// CHECK-LABEL: @fold_full(
// CHECK-NEXT: {{.*}}rfx.full 5.0{{.*}} [%n]
// CHECK-NEXT: func.return
func.func @fold_full(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %c = rfx.full 2.0 : f32 [%n] : tensor<?xf32>
  %d = rfx.full 3.0 : f32 [%n] : tensor<?xf32>
  %0 = rfx.add %c, %d : tensor<?xf32>
  func.return %0 : tensor<?xf32>
}

// CHECK-LABEL: @integers_of_dynamic_size(
// CHECK-NEXT: {{.*}}arith.constant 0 : index
// CHECK-NEXT: %[[N:.*]] = tensor.dim %x
// CHECK-NEXT: {{.*}}rfx.full 0 : i32 [%[[N]]]
// CHECK-NEXT: func.return
func.func @integers_of_dynamic_size(%x: tensor<?xi32>) -> tensor<?xi32> {
  %0 = rfx.sub %x, %x : tensor<?xi32>
  func.return %0 : tensor<?xi32>
}

// CHECK-LABEL: @reshape_twice(
// CHECK-NEXT: {{.*}}rfx.reshape %x [4, 1] : tensor<4xf32>
// CHECK-NEXT: func.return
func.func @reshape_twice(%x: tensor<4xf32>) -> tensor<4x1xf32> {
  %1 = rfx.reshape %x [2, 2] : tensor<4xf32> to tensor<2x2xf32>
  %0 = rfx.reshape %1 [4, 1] : tensor<2x2xf32> to tensor<4x1xf32>
  func.return %0 : tensor<4x1xf32>
}

// CHECK-LABEL: @reshape_there_and_back(
// CHECK-NEXT: func.return %x
func.func @reshape_there_and_back(%x: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.reshape %x [2, 2] : tensor<4xf32> to tensor<2x2xf32>
  %0 = rfx.reshape %1 [4] : tensor<2x2xf32> to tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @reshape_of_dynamic_stays(
// CHECK-NEXT: {{.*}}rfx.reshape
// CHECK-NEXT: func.return
func.func @reshape_of_dynamic_stays(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %0 = rfx.reshape %x [%n] : tensor<?xf32> to tensor<?xf32>
  func.return %0 : tensor<?xf32>
}

// CHECK-LABEL: @reshape_of_constant(
// CHECK: {{\[\[}}1.0, 2.0], [3.0, 4.0]]
// CHECK-NEXT: func.return
func.func @reshape_of_constant(%x: tensor<4xf32>) -> tensor<2x2xf32> {
  %c = rfx.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = rfx.reshape %c [2, 2] : tensor<4xf32> to tensor<2x2xf32>
  func.return %0 : tensor<2x2xf32>
}

// CHECK-LABEL: @broadcast_twice(
// CHECK-NEXT: {{.*}}rfx.broadcast %x dims [2] [3, 2, 4]
// CHECK-NEXT: func.return
func.func @broadcast_twice(%x: tensor<4xf32>) -> tensor<3x2x4xf32> {
  %1 = rfx.broadcast %x dims [1] [3, 4] : tensor<4xf32> to tensor<3x4xf32>
  %0 = rfx.broadcast %1 dims [0, 2] [3, 2, 4] : tensor<3x4xf32> to tensor<3x2x4xf32>
  func.return %0 : tensor<3x2x4xf32>
}

// CHECK-LABEL: @broadcast_to_itself(
// CHECK-NEXT: func.return %x
func.func @broadcast_to_itself(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.broadcast %x dims [0] [4] : tensor<4xf32> to tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @transpose_back(
// CHECK-NEXT: func.return %x
func.func @transpose_back(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %1 = rfx.transpose %x perm [1, 2, 0] : tensor<2x3x4xf32> to tensor<3x4x2xf32>
  %0 = rfx.transpose %1 perm [2, 0, 1] : tensor<3x4x2xf32> to tensor<2x3x4xf32>
  func.return %0 : tensor<2x3x4xf32>
}

// CHECK-LABEL: @transpose_twice(
// CHECK-NEXT: {{.*}}rfx.transpose %x perm [2, 0, 1]
// CHECK-NEXT: func.return
func.func @transpose_twice(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %1 = rfx.transpose %x perm [1, 2, 0] : tensor<2x3x4xf32> to tensor<3x4x2xf32>
  %0 = rfx.transpose %1 perm [1, 2, 0] : tensor<3x4x2xf32> to tensor<4x2x3xf32>
  func.return %0 : tensor<4x2x3xf32>
}

// CHECK-LABEL: @slice_twice(
// CHECK-NEXT: {{.*}}rfx.slice %x starts [7] steps [-4] [2]
// CHECK-NEXT: func.return
func.func @slice_twice(%x: tensor<10xf32>) -> tensor<2xf32> {
  %1 = rfx.slice %x starts [9] steps [-2] [5] : tensor<10xf32> to tensor<5xf32>
  %0 = rfx.slice %1 starts [1] steps [2] [2] : tensor<5xf32> to tensor<2xf32>
  func.return %0 : tensor<2xf32>
}

// CHECK-LABEL: @slice_all(
// CHECK-NEXT: func.return %x
func.func @slice_all(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.slice %x starts [0] steps [1] [4] : tensor<4xf32> to tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @slice_reversed_stays(
// CHECK-NEXT: {{.*}}rfx.slice
// CHECK-NEXT: func.return
func.func @slice_reversed_stays(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.slice %x starts [3] steps [-1] [4] : tensor<4xf32> to tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @slice_at_value_stays(
// CHECK-NEXT: {{.*}}rfx.slice
// CHECK-NEXT: {{.*}}rfx.slice
// CHECK-NEXT: func.return
func.func @slice_at_value_stays(%x: tensor<10xf32>, %i: index) -> tensor<2xf32> {
  %1 = rfx.slice %x starts [%i] steps [1] [5] : tensor<10xf32> to tensor<5xf32>
  %0 = rfx.slice %1 starts [1] steps [2] [2] : tensor<5xf32> to tensor<2xf32>
  func.return %0 : tensor<2xf32>
}

// CHECK-LABEL: @concatenate_one(
// CHECK-NEXT: func.return %x
func.func @concatenate_one(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.concatenate %x dim 0 : (tensor<4xf32>) to tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @pad_nothing(
// CHECK-NEXT: func.return %x
func.func @pad_nothing(%x: tensor<4xf32>, %v: tensor<f32>) -> tensor<4xf32> {
  %0 = rfx.pad %x, %v low [0] high [0] : tensor<4xf32>, tensor<f32> to tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @pad_something_stays(
// CHECK-NEXT: {{.*}}rfx.pad
// CHECK-NEXT: func.return
func.func @pad_something_stays(%x: tensor<4xf32>, %v: tensor<f32>) -> tensor<5xf32> {
  %0 = rfx.pad %x, %v low [0] high [1] : tensor<4xf32>, tensor<f32> to tensor<5xf32>
  func.return %0 : tensor<5xf32>
}

// CHECK-LABEL: @convert_widens_and_back(
// CHECK-NEXT: func.return %x
func.func @convert_widens_and_back(%x: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rfx.convert %x : tensor<4xf32> to tensor<4xf64>
  %0 = rfx.convert %1 : tensor<4xf64> to tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @convert_widens_twice(
// CHECK-NEXT: {{.*}}rfx.convert %x : tensor<4xi8> to tensor<4xi64>
// CHECK-NEXT: func.return
func.func @convert_widens_twice(%x: tensor<4xi8>) -> tensor<4xi64> {
  %1 = rfx.convert %x : tensor<4xi8> to tensor<4xi16>
  %0 = rfx.convert %1 : tensor<4xi16> to tensor<4xi64>
  func.return %0 : tensor<4xi64>
}

// CHECK-LABEL: @convert_rounds_stays(
// CHECK-NEXT: {{.*}}rfx.convert
// CHECK-NEXT: {{.*}}rfx.convert
// CHECK-NEXT: func.return
func.func @convert_rounds_stays(%x: tensor<4xf64>) -> tensor<4xf64> {
  %1 = rfx.convert %x : tensor<4xf64> to tensor<4xf32>
  %0 = rfx.convert %1 : tensor<4xf32> to tensor<4xf64>
  func.return %0 : tensor<4xf64>
}

// CHECK-LABEL: @convert_of_i64_by_f64_stays(
// CHECK-NEXT: {{.*}}rfx.convert
// CHECK-NEXT: {{.*}}rfx.convert
// CHECK-NEXT: func.return
func.func @convert_of_i64_by_f64_stays(%x: tensor<4xi64>) -> tensor<4xi64> {
  %1 = rfx.convert %x : tensor<4xi64> to tensor<4xf64>
  %0 = rfx.convert %1 : tensor<4xf64> to tensor<4xi64>
  func.return %0 : tensor<4xi64>
}

// CHECK-LABEL: @convert_saturates_or_wraps_stays(
// CHECK-NEXT: {{.*}}rfx.convert
// CHECK-NEXT: {{.*}}rfx.convert
// CHECK-NEXT: func.return
func.func @convert_saturates_or_wraps_stays(%x: tensor<4xi16>) -> tensor<4xi8> {
  %1 = rfx.convert %x : tensor<4xi16> to tensor<4xf32>
  %0 = rfx.convert %1 : tensor<4xf32> to tensor<4xi8>
  func.return %0 : tensor<4xi8>
}

// CHECK-LABEL: @dim_of_static(
// CHECK-NEXT: %[[N:.*]] = arith.constant 4 : index
// CHECK-NEXT: func.return %[[N]]
func.func @dim_of_static(%x: tensor<4xf32>) -> index {
  %k = arith.constant 0 : index
  %0 = tensor.dim %x, %k : tensor<4xf32>
  func.return %0 : index
}

// CHECK-LABEL: @dim_through_ops(
// CHECK-NEXT: {{.*}}arith.constant 0
// CHECK-NEXT: {{.*}}tensor.dim %x
// CHECK-NEXT: func.return
func.func @dim_through_ops(%x: tensor<?xf32>) -> index {
  %k = arith.constant 0 : index
  %1 = rfx.sin %x : tensor<?xf32>
  %0 = tensor.dim %1, %k : tensor<?xf32>
  func.return %0 : index
}

// CHECK-LABEL: @dim_of_broadcast(
// CHECK-NEXT: func.return %n
func.func @dim_of_broadcast(%x: tensor<4xf32>, %n: index) -> index {
  %k = arith.constant 0 : index
  %1 = rfx.broadcast %x dims [1] [%n, 4] : tensor<4xf32> to tensor<?x4xf32>
  %0 = tensor.dim %1, %k : tensor<?x4xf32>
  func.return %0 : index
}

// CHECK-LABEL: @index_arithmetic(
// CHECK-NEXT: %[[C:.*]] = arith.constant 42 : index
// CHECK-NEXT: {{.*}}arith.subi %[[C]], %n
// CHECK-NEXT: func.return
func.func @index_arithmetic(%n: index) -> index {
  %a = arith.constant 6 : index
  %b = arith.constant 7 : index
  %1 = arith.muli %a, %b : index
  %c = arith.constant 0 : index
  %2 = arith.addi %c, %n : index
  %0 = arith.subi %1, %2 : index
  func.return %0 : index
}

// CHECK-LABEL: @index_division_by_zero_stays(
// CHECK-NEXT: {{.*}}arith.constant
// CHECK-NEXT: {{.*}}arith.constant
// CHECK-NEXT: {{.*}}arith.floordivsi
// CHECK-NEXT: func.return
func.func @index_division_by_zero_stays(%n: index) -> index {
  %a = arith.constant 6 : index
  %b = arith.constant 0 : index
  %0 = arith.floordivsi %a, %b : index
  func.return %0 : index
}

// CHECK-LABEL: @scalars_of_a_map(
// CHECK-NEXT: {{.*}}rfx.map
// CHECK-NEXT: %[[C:.*]] = rfx.constant 0.25 : f32
// CHECK-NEXT: {{.*}}rfx.mul %{{.*}}, %[[C]] : f32
func.func @scalars_of_a_map(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %c = rfx.constant 2.0 : f32
    %d = rfx.square %c : f32
    %e = rfx.div %a, %d : f32
    rfx.yield %e : f32
  }
  func.return %0 : tensor<4xf32>
}
